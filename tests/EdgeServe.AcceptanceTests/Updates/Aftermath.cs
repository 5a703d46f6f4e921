using System.Text.RegularExpressions;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Updates;

/// <summary>
/// What must hold after every bad offer: the active set is unchanged; serving never failed a request meanwhile; exactly one
/// refusal, with its own code, is in the log and in the status; nothing outside store and ingest was touched; the next good
/// release installs.
/// </summary>
internal sealed partial class Aftermath : IAsyncDisposable
{
    private readonly UpdatedDevice _device;
    private readonly string[] _rest;
    private readonly EdgeServeProcess _process;
    private readonly int _before;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<int> _clients;

    /// <summary>Before the attack, on a device that serves release 10 with version 1.</summary>
    public Aftermath(UpdatedDevice device)
    {
        _device = device;
        _rest = device.Rest();
        // A device that polls may have found its registry empty before: that is another offer's refusal.
        _process = device.Process;
        _before = _process.Output.Length;
        _clients = Task.Run(AskAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Record.ExceptionAsync(() => _clients);
        _stop.Dispose();
    }

    /// <summary>The verb said so in one sentence.</summary>
    public void Refused((int ExitCode, string Output, string Error) verb)
    {
        Assert.True(verb.ExitCode is 1 or 3, verb.Output + verb.Error);
        // Beside it stand only the words of progress.
        Assert.Single(verb.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => l.StartsWith("edgeserve: ", StringComparison.Ordinal));
    }

    /// <param name="code">The refusal's.</param>
    /// <param name="next">Installs the good release 11 with version 2.</param>
    public async Task RequireAsync(string code, Func<Task> next)
    {
        var status = await _device.StatusAsync();
        string? last = status.GetProperty("last").GetProperty("code").GetString();
        Assert.True(last == code, $"refused for {last} and not for {code}: {status.GetProperty("last")}");
        Assert.Equal(10, status.GetProperty("active").GetProperty("release").GetInt64());
        Assert.Equal(10, status.GetProperty("highest_release").GetInt64());
        Assert.Equal("1", await _device.InferAsync());
        Assert.Equal(_rest, _device.Rest());
        await next();
        Assert.Equal("2", await _device.InferAsync());
        await _stop.CancelAsync();
        Assert.True(await _clients > 0, "no request was answered meanwhile");
        await _device.Process.WaitForLogAsync("Update activated: release 11");
        string log = _device.Process == _process ? _process.Output[_before..] : _device.Process.Output;
        string[] refusals = [.. Refusal().Matches(log).Select(m => m.Groups["code"] is { Success: true } named ? named.Value : "older_release")];
        Assert.Equal([code], refusals);
    }

    private async Task<int> AskAsync()
    {
        int answered = 0;
        while (!_stop.IsCancellationRequested)
        {
            await _device.InferAsync();
            answered++;
            // Steady rather than greedy: the machine has other things to do in a test.
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        return answered;
    }

    [GeneratedRegex(@"Update refused \((?<code>[a-z_]+)\)|has nothing newer")]
    private static partial Regex Refusal();
}
