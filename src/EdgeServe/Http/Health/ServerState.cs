namespace EdgeServe.Http.Health;

/// <summary>Whether the models asked for at start have been tried. Live is earlier: as soon as the port answers.</summary>
internal sealed class ServerState
{
    private volatile bool _modelsTried;
    private volatile bool _stopping;

    public bool IsReady => _modelsTried && !_stopping;

    public bool IsStopping => _stopping;

    public string Reason => _stopping ? "the server is stopping" : "models are loading";

    /// <summary>Readiness may have changed.</summary>
    public event Action? Changed;

    public void ModelsTried()
    {
        _modelsTried = true;
        Changed?.Invoke();
    }

    public void Stopping()
    {
        _stopping = true;
        Changed?.Invoke();
    }
}
