using Microsoft.ML.OnnxRuntime;

namespace EdgeServe.Engine.Sessions;

/// <summary>What the inference library says of itself.</summary>
public static class EngineInfo
{
    public static string Version => OrtEnv.Instance().GetVersionString();

    /// <summary>Execution providers compiled into the library.</summary>
    public static IReadOnlyList<string> Providers => OrtEnv.Instance().GetAvailableProviders();
}
