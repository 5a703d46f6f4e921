using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Sessions;

/// <summary>One run on a session, which another thread may ask to stop.</summary>
internal abstract class SessionRun : IDisposable
{
    /// <summary>Runs the graph on the calling thread.</summary>
    /// <param name="inputs">Every input of the model, in any order.</param>
    /// <param name="outputNames">The outputs to compute.</param>
    /// <exception cref="ServingException"><see cref="ServingError.RunFailed"/> or, after <see cref="Terminate"/>, any failure.</exception>
    public abstract RunOutputs Run(IReadOnlyList<Tensor> inputs, string[] outputNames);

    /// <summary>Asks the run in progress to stop at the next graph node. Not to be called once the run is given back.</summary>
    public abstract void Terminate();

    public abstract void Dispose();
}
