using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Sessions;

/// <summary>A loaded graph. Thread-safe: any number of runs at a time, each with its own <see cref="SessionRun"/>.</summary>
internal interface ISession : IDisposable
{
    ModelSignature Signature { get; }

    /// <summary>The execution provider in use, such as <c>cpu</c>.</summary>
    string Provider { get; }

    /// <summary>Why a preferred provider is not in use; null when the first choice is.</summary>
    string? ProviderNote { get; }

    /// <summary>A handle for one run at a time. Return it with <see cref="SessionRun.Dispose"/>; handles are reused.</summary>
    SessionRun RentRun();
}
