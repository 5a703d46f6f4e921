using System.Runtime.ExceptionServices;
using EdgeServe.Engine.Sessions;

namespace EdgeServe.Engine.Inference;

/// <summary>
/// A thread of the lowest OS priority that does nothing but model runs. Parsing, storing and everything that takes a lock
/// or allocates stays with its caller: preempted in there, such a thread would hold up everybody else.
/// </summary>
internal sealed class BackgroundThread : IDisposable
{
    private readonly KernelSignal _begin = new();
    private readonly KernelSignal _done = new();
    private SessionRun? _run;
    private Tensor[] _inputs = [];
    private string[] _outputNames = [];
    private RunOutputs? _outputs;
    private ExceptionDispatchInfo? _error;
    private bool _ended;

    public BackgroundThread(string name) => InferenceThread.Start(name, InferenceThread.LowestNice, Loop);

    /// <summary>Runs there and waits for it. One caller at a time.</summary>
    public RunOutputs Run(SessionRun run, Tensor[] inputs, string[] outputNames)
    {
        _run = run;
        _inputs = inputs;
        _outputNames = outputNames;
        _begin.Set();
        _done.Wait();
        _error?.Throw();
        return _outputs!;
    }

    public void Dispose()
    {
        _ended = true;
        _begin.Set();
        _done.Wait();
        _begin.Dispose();
        _done.Dispose();
    }

    private void Loop()
    {
        while (true)
        {
            _begin.Wait();
            if (!_ended)
                RunOne();
            bool ended = _ended;
            _done.Set();
            if (ended)
                return;
        }
    }

    private void RunOne()
    {
        try
        {
            _error = null;
            _outputs = _run!.Run(_inputs, _outputNames);
        }
        catch (Exception e)
        {
            _outputs = null;
            _error = ExceptionDispatchInfo.Capture(e);
        }
    }
}
