using EdgeServe.Engine.Device;
using EdgeServe.Hosting;
using EdgeServe.Security;
using EdgeServe.Security.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Security;

public sealed class DoormanTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("edgeserve-door-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly KeyStore _keys;

    public DoormanTests() => _keys = new KeyStore(_directory, new DeviceClock(_time, null, "boot", TimeSpan.Zero), _time, 0, NullLogger<KeyStore>.Instance);

    public void Dispose()
    {
        _keys.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void A_right_key_costs_no_memory()
    {
        var door = Door();
        var context = From(Listener.Network, Add());
        Assert.Equal(AccessError.None, door.Judge(context, Scope.Infer, out _, out _));
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
                door.Judge(context, Scope.Infer, out _, out _);
        }));
    }

    [Fact]
    public void A_connection_that_sends_the_same_key_again_is_known_until_the_keys_change()
    {
        var door = Door();
        var (kept, text) = _keys.Add(new KeyWish("again", Scope.Infer, [], null, null), "test");
        var context = From(Listener.Network, text);
        context.Request.Protocol = "HTTP/1.1";
        context.Features.Set(new RecentKey());
        Assert.Equal(AccessError.None, door.Judge(context, Scope.Infer, out var first, out _));
        Assert.Equal(AccessError.None, door.Judge(context, Scope.Infer, out var second, out _));
        Assert.Same(first, second);
        // Another key on the same connection is another's.
        context.Request.Headers.Authorization = "Bearer " + Add();
        Assert.Equal(AccessError.None, door.Judge(context, Scope.Infer, out var other, out _));
        Assert.NotSame(first, other);
        context.Request.Headers.Authorization = "Bearer " + text;
        Assert.Equal(AccessError.None, door.Judge(context, Scope.Infer, out _, out _));
        _keys.Revoke(kept.Id, "test");
        Assert.Equal(AccessError.KeyRevoked, door.Judge(context, Scope.Infer, out _, out _));
        var (_, admin) = _keys.Reset("test");
        Assert.NotEqual(AccessError.None, door.Judge(context, Scope.Infer, out _, out _));
        context.Request.Headers.Authorization = "Bearer " + admin;
        Assert.Equal(AccessError.None, door.Judge(context, Scope.Admin, out _, out _));
    }

    [Fact]
    public void A_wrong_key_costs_none_either()
    {
        var door = Door(addressPerSecond: 1);
        var context = From(Listener.Network, KeyText.Make(out _));
        door.Judge(context, Scope.Infer, out _, out _);
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
                door.Judge(context, Scope.Infer, out _, out _);
        }));
    }

    [Fact]
    public void A_flood_of_wrong_keys_takes_nothing_from_a_right_one_of_the_same_address()
    {
        var door = Door(addressPerSecond: 10);
        string right = Add();
        var errors = new List<AccessError>();
        for (int i = 0; i < 1000; i++)
        {
            errors.Add(door.Judge(From(Listener.Network, KeyText.Make(out _)), Scope.Infer, out _, out var wait));
            Assert.Equal(errors[^1] == AccessError.TooManyRequests, wait > TimeSpan.Zero);
            Assert.Equal(AccessError.None, door.Judge(From(Listener.Network, right), Scope.Infer, out _, out _));
        }

        Assert.Equal(20, errors.Count(e => e == AccessError.KeyUnknown));
        Assert.Equal(980, errors.Count(e => e == AccessError.TooManyRequests));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AccessError.KeyUnknown, door.Judge(From(Listener.Network, KeyText.Make(out _)), Scope.Infer, out _, out _));
    }

    [Fact]
    public void A_key_s_own_rate_holds_and_is_its_own()
    {
        var door = Door();
        string slow = _keys.Add(new KeyWish("slow", Scope.Infer, [], null, 5), "test").Text;
        string other = Add();
        Assert.Equal(10, Enumerable.Range(0, 50).Count(_ => door.Judge(From(Listener.Network, slow), Scope.Infer, out Caller _, out TimeSpan _) == AccessError.None));
        Assert.Equal(AccessError.None, door.Judge(From(Listener.Network, other), Scope.Infer, out _, out _));
    }

    [Theory]
    [InlineData(null, AccessError.None, AccessError.KeyMissing)]
    [InlineData("Basic dXNlcjpwYXNz", AccessError.None, AccessError.KeyMalformed)]
    [InlineData("Bearer something-else", AccessError.None, AccessError.KeyMalformed)]
    public void On_the_box_itself_what_is_no_key_of_ours_means_nothing(string? header, object loopback, object required)
    {
        foreach (bool needsKey in new[] { false, true })
        {
            var context = From(Listener.Loopback, null);
            if (header is not null)
                context.Request.Headers.Authorization = header;
            Assert.Equal(needsKey ? required : loopback, Door(loopbackNeedsKey: needsKey).Judge(context, Scope.Admin, out var caller, out _));
            Assert.Equal(needsKey ? "nobody" : "local", caller.Owner);
        }

        Assert.Equal(AccessError.None, Door(loopbackNeedsKey: true).Judge(From(Listener.Control, null), Scope.Admin, out _, out _));
    }

    [Fact]
    public void On_the_box_itself_a_key_of_ours_counts()
    {
        string key = Add();
        Assert.Equal(AccessError.ScopeMissing, Door().Judge(From(Listener.Loopback, key), Scope.Admin, out _, out _));
        Assert.Equal(AccessError.KeyUnknown, Door().Judge(From(Listener.Loopback, KeyText.Make(out KeyHash _)), Scope.Infer, out _, out _));
    }

    [Fact]
    public void A_connection_that_nobody_marked_is_the_network_s() =>
        Assert.Equal(AccessError.KeyMissing, Door().Judge(new DefaultHttpContext(), Scope.Infer, out _, out _));

    [Fact]
    public void Two_keys_at_once_are_none()
    {
        var context = From(Listener.Network, null);
        context.Request.Headers.Authorization = new(["Bearer " + Add(), "Bearer " + KeyText.Make(out _)]);
        Assert.Equal(AccessError.KeyMalformed, Door().Judge(context, Scope.Infer, out _, out _));
    }

    private string Add() => _keys.Add(new KeyWish(Guid.NewGuid().ToString(), Scope.Infer, [], null, null), "test").Text;

    private static DefaultHttpContext From(Listener listener, string? key)
    {
        var context = new DefaultHttpContext();
        context.Features.Set(listener);
        if (key is not null)
            context.Request.Headers.Authorization = "Bearer " + key;
        return context;
    }

    private Doorman Door(bool loopbackNeedsKey = false, int addressPerSecond = 0)
    {
        var options = new EdgeServeOptions();
        options.Security.RequireKeyOnLoopback = loopbackNeedsKey;
        options.Security.AddressRequestsPerSecond = addressPerSecond;
        return new Doorman(_keys, Options.Create(options), _time);
    }
}
