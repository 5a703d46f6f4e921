namespace EdgeServe.Cli.Bench;

/// <summary>One connection with one request under way at a time.</summary>
internal interface ILoadConnection : IDisposable
{
    /// <summary>Sends the request and reads the whole answer.</summary>
    /// <returns>False when the answer is an error.</returns>
    bool Exchange();
}
