using System.Net;
using EdgeServe.Hosting;
using EdgeServe.Security.Limits;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Security.Limits;

public sealed class ConnectionLimitsTests : IDisposable
{
    private readonly ConnectionMeter _meter = new();
    private readonly FakeTimeProvider _time = new();
    private readonly Lines _log = new();

    public void Dispose() => _meter.Dispose();

    [Fact]
    public async Task One_address_has_its_places_and_gets_them_back_however_a_connection_ends()
    {
        var open = Open(most: 100, perAddress: 2);
        var first = open("192.0.2.1");
        var second = open("192.0.2.1");
        Assert.False(open("192.0.2.1").Stays);
        Assert.True(open("192.0.2.2").Stays);
        first.End.SetResult();
        await first.Served;
        var third = open("192.0.2.1");
        Assert.True(third.Stays);
        second.End.SetException(new IOException("reset"));
        await Assert.ThrowsAsync<IOException>(() => second.Served);
        Assert.True(open("192.0.2.1").Stays);
        Assert.False(open("192.0.2.1").Stays);
    }

    [Fact]
    public void A_far_IPv6_network_of_64_bits_is_one_address_a_neighbour_is_one_and_a_mapped_one_is_its_IPv4()
    {
        var open = Open(most: 100, perAddress: 1);
        Assert.True(open("2001:db8:1:2::1").Stays);
        Assert.False(open("2001:db8:1:2:ffff::9").Stays);
        Assert.True(open("2001:db8:1:3::1").Stays);
        // The box's own network: every tablet has an address of it.
        Assert.True(open("2001:db8:0:1::1").Stays);
        Assert.True(open("2001:db8:0:1::2").Stays);
        Assert.False(open("2001:db8:0:1::1").Stays);
        Assert.True(open("192.0.2.1").Stays);
        Assert.False(open("::ffff:192.0.2.1").Stays);
        Assert.True(open("::ffff:192.0.2.2").Stays);
    }

    [Fact]
    public void All_together_have_a_bound_too_and_the_log_says_so_once_a_minute()
    {
        var open = Open(most: 3, perAddress: 2);
        for (int i = 1; i <= 3; i++)
            Assert.True(open($"192.0.2.{i}").Stays);
        for (int i = 4; i <= 50; i++)
            Assert.False(open($"192.0.2.{i}").Stays);
        Assert.Contains("Limits:MaxLanConnections is reached", Assert.Single(_log.All), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(open("192.0.2.99").Stays);
        Assert.Equal(2, _log.All.Count);
        Assert.Contains("48 closed", _log.All[1], StringComparison.Ordinal);
    }

    private Func<string, (bool Stays, Task Served, TaskCompletionSource End)> Open(int most, int perAddress)
    {
        var options = new EdgeServeOptions();
        (options.Limits.MaxLanConnections, options.Limits.MaxConnectionsPerAddress) = (most, perAddress);
        var limits = new ConnectionLimits(Options.Create(options), _meter, _time, _log);
        return address =>
        {
            var connection = new DefaultConnectionContext { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 1234), LocalEndPoint = new IPEndPoint(IPAddress.Parse("2001:db8:0:1::ed6e"), 8443) };
            var end = new TaskCompletionSource();
            bool stays = false;
            var served = limits.Limit(_ =>
            {
                stays = true;
                return end.Task;
            })(connection);
            return (stays, served, end);
        };
    }

    private sealed class Lines : ILogger<ConnectionLimits>
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => All.Add(formatter(state, exception));
    }
}
