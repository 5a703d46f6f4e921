using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EdgeServe.AcceptanceTests.Running;

/// <summary>
/// Debian's chromium without a window, steered by its DevTools protocol over two named pipes, so that it may be in a network of
/// its own. Home and profile are of this test alone.
/// </summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _asked = [];
    private readonly ConcurrentQueue<JsonNode> _events = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Process _process;
    private readonly FileStream _to;
    private readonly FileStream _from;
    private readonly Task _reading;
    private string? _session;
    private int _last;

    private Chromium(Process process, FileStream to, FileStream from)
    {
        _process = process;
        _to = to;
        _from = from;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Every request that a page made, by method and address.</summary>
    public IEnumerable<string> Requests => Events("Network.requestWillBeSent").Select(e => $"{e["request"]!["method"]} {e["request"]!["url"]}");

    /// <summary>What a page was forbidden by its own policy, and other errors.</summary>
    public IEnumerable<string> Errors => Events("Log.entryAdded").Where(e => (string?)e["entry"]!["level"] == "error").Select(e => (string)e["entry"]!["text"]!)
        .Concat(Events("Runtime.exceptionThrown").Select(e => e["exceptionDetails"]!.ToJsonString()));

    /// <param name="home">Its home; what is trusted in <c>.pki/nssdb</c> there is trusted.</param>
    /// <param name="under">The command it runs under.</param>
    public static async Task<Chromium> StartAsync(string home, params string[] under)
    {
        string to = Path.Combine(home, "to"), from = Path.Combine(home, "from");
        var (exit, output) = await Tool.RunAsync("mkfifo", to, from);
        Assert.True(exit == 0, output);
        string command = $"exec chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking --disable-component-update "
            + $"--user-data-dir='{home}/profile' --remote-debugging-pipe about:blank 3<'{to}' 4>'{from}' >/dev/null 2>'{home}/chromium.log'";
        string[] whole = [.. under, "bash", "-c", command];
        var environment = new Dictionary<string, string?> { ["HOME"] = home, ["XDG_CONFIG_HOME"] = home, ["XDG_CACHE_HOME"] = home, ["LANGUAGE"] = "en", ["LANG"] = "C.UTF-8" };
        var process = Tool.Start(environment, whole[0], whole[1..]);
        // Opening a pipe waits for its other end.
        var write = Task.Run(() => new FileStream(to, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1));
        var read = Task.Run(() => new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1));
        var browser = new Chromium(process, await write.WaitAsync(Patience), await read.WaitAsync(Patience));
        try
        {
            await browser.AttachAsync();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Goes there and waits until the page is loaded.</summary>
    /// <returns>Why it could not; null when it did.</returns>
    public async Task<string?> GoAsync(string url)
    {
        var answer = await SendAsync("Page.navigate", new JsonObject { ["url"] = url });
        if ((string?)answer["errorText"] is { Length: > 0 } error)
            return error;
        await UntilAsync("document.readyState === 'complete'");
        return null;
    }

    /// <summary>A script's value; promises are awaited.</summary>
    public async Task<JsonNode?> EvaluateAsync(string script)
    {
        var answer = await SendAsync("Runtime.evaluate", new JsonObject { ["expression"] = script, ["awaitPromise"] = true, ["returnByValue"] = true });
        Assert.True(answer["exceptionDetails"] is null, answer.ToJsonString());
        return answer["result"]?["value"];
    }

    /// <summary>Asks until it is so.</summary>
    public async Task UntilAsync(string script)
    {
        var watch = Stopwatch.StartNew();
        while (!await HoldsAsync(script))
        {
            Assert.True(watch.Elapsed < Patience, $"never so: {script}; the page: {await EvaluateAsync("document.documentElement.outerHTML")}");
            await Task.Delay(PollInterval, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Types as a person does.</summary>
    public async Task TypeAsync(string selector, string text)
    {
        int node = await NodeAsync(selector) ?? throw new InvalidOperationException($"no {selector}");
        await SendAsync("DOM.focus", new JsonObject { ["nodeId"] = node });
        await SendAsync("Input.insertText", new JsonObject { ["text"] = text });
    }

    /// <summary>In the field that was typed into last.</summary>
    public async Task EnterAsync()
    {
        var key = new JsonObject { ["type"] = "keyDown", ["key"] = "Enter", ["code"] = "Enter", ["windowsVirtualKeyCode"] = 13, ["text"] = "\r" };
        await SendAsync("Input.dispatchKeyEvent", key);
        await SendAsync("Input.dispatchKeyEvent", new JsonObject { ["type"] = "keyUp", ["key"] = "Enter", ["code"] = "Enter", ["windowsVirtualKeyCode"] = 13 });
    }

    /// <summary>The element as HTML, read without any script; null: there is none, or the page is just changing.</summary>
    public async Task<string?> HtmlAsync(string selector)
    {
        try
        {
            return await NodeAsync(selector) is { } node ? (string?)(await SendAsync("DOM.getOuterHTML", new JsonObject { ["nodeId"] = node }))["outerHTML"] : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public async Task<byte[]> PictureAsync() =>
        Convert.FromBase64String((string)(await SendAsync("Page.captureScreenshot", new JsonObject { ["captureBeyondViewport"] = true }))["data"]!);

    public Task ResizeAsync(int width, int height) => SendAsync(
        "Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = true });

    public async Task<JsonNode> SendAsync(string method, JsonObject? parameters = null)
    {
        int id = Interlocked.Increment(ref _last);
        var answered = _asked[id] = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session is not null)
            message["sessionId"] = _session;
        await _writing.WaitAsync();
        try
        {
            await _to.WriteAsync((byte[])[.. Encoding.UTF8.GetBytes(message.ToJsonString()), 0]);
            await _to.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }

        var answer = await answered.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        return answer["result"] ?? throw new InvalidOperationException($"{method}: {answer.ToJsonString()}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _reading;
        await _to.DisposeAsync();
        await _from.DisposeAsync();
        _process.Dispose();
        _writing.Dispose();
    }

    private async Task AttachAsync()
    {
        string target = (string)(await SendAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" }))["targetId"]!;
        _session = (string)(await SendAsync("Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true }))["sessionId"]!;
        foreach (string domain in new[] { "Page", "Runtime", "Network", "Log", "DOM" })
            await SendAsync(domain + ".enable");
    }

    /// <summary>Between two pages there is nothing to ask.</summary>
    private async Task<bool> HoldsAsync(string script)
    {
        var answer = await SendAsync("Runtime.evaluate", new JsonObject { ["expression"] = $"!!({script})", ["returnByValue"] = true });
        return answer["exceptionDetails"] is null && answer["result"]?["value"]?.GetValue<bool>() == true;
    }

    private async Task<int?> NodeAsync(string selector)
    {
        int root = (int)(await SendAsync("DOM.getDocument"))["root"]!["nodeId"]!;
        int node = (int)(await SendAsync("DOM.querySelector", new JsonObject { ["nodeId"] = root, ["selector"] = selector }))["nodeId"]!;
        return node == 0 ? null : node;
    }

    private IEnumerable<JsonNode> Events(string method) => _events.Where(e => (string?)e["method"] == method).Select(e => e["params"]!);

    private async Task ReadAsync()
    {
        var message = new List<byte>();
        byte[] buffer = new byte[64 << 10];
        try
        {
            for (int read; (read = await _from.ReadAsync(buffer)) > 0;)
            {
                foreach (byte b in buffer.AsSpan(0, read).ToArray())
                {
                    if (b != 0)
                    {
                        message.Add(b);
                        continue;
                    }

                    Take(JsonNode.Parse(message.ToArray())!);
                    message.Clear();
                }
            }
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            // It is gone; whoever waits for an answer is told below.
        }

        foreach (var waiting in _asked.Values)
            waiting.TrySetException(new IOException("the browser ended"));
    }

    private void Take(JsonNode message)
    {
        if ((int?)message["id"] is { } id && _asked.TryRemove(id, out var waiting))
            waiting.SetResult(message);
        else
            _events.Enqueue(message);
    }
}
