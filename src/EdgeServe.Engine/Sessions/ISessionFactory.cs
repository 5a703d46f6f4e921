using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Sessions;

/// <summary>Opens model files.</summary>
internal interface ISessionFactory
{
    /// <summary>Version of the inference engine, for start-up lines and provenance.</summary>
    string EngineVersion { get; }

    /// <exception cref="Inference.ServingException"><see cref="Inference.ServingError.LoadFailed"/> with the engine's reason.</exception>
    ISession Open(string modelPath, ExecutionDefinition execution);
}
