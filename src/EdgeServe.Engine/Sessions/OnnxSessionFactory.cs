using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace EdgeServe.Engine.Sessions;

/// <summary>Opens sessions: options from the definition, the first execution provider that works, the optimised-graph cache.</summary>
internal sealed partial class OnnxSessionFactory(TensorMemoryPool pool, OptimizedGraphCache cache, ILogger<OnnxSessionFactory> log) : ISessionFactory
{
    /// <summary>Execution providers of models that name none, in order of preference.</summary>
    public string[] DeviceProviders { get; init; } = [];

    private const string ExactProducts = "session.x64quantprecision";
    private const string FloatingPoint = "session.disable_quant_qdq";

    // What it says when two weights share a zero point.
    private const string CannotRewrite = "Attempt to replace the existing tensor";

    public string EngineVersion => OrtEnv.Instance().GetVersionString();

    public ISession Open(string modelPath, ExecutionDefinition execution)
    {
        OrtEnv.Instance().EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        using var options = Options(execution);
        string provider = ChooseProvider(options, execution.Providers.Length > 0 ? execution.Providers : DeviceProviders, out string? note);
        try
        {
            return new OnnxSession(OpenExact(modelPath, options, provider, ref note), pool, provider, note);
        }
        catch (OnnxRuntimeException e)
        {
            throw new ServingException(ServingError.LoadFailed,
                $"the engine cannot load {Path.GetFileName(modelPath)}: {OnnxRun.FirstLine(e.Message)}",
                "Check the file with `edgeserve model check`, or export it for an opset this engine knows.", e);
        }
    }

    /// <summary>
    /// x64 without VNNI adds pairs of 8-bit products in 16 bits, which overflow and answer wrongly; the engine's exact way
    /// is asked for instead (other processors are exact anyway and ignore it). Some graphs it cannot rewrite so: those run
    /// in floating point.
    /// </summary>
    private InferenceSession OpenExact(string modelPath, SessionOptions options, string provider, ref string? note)
    {
        options.AddSessionConfigEntry(ExactProducts, "1");
        try
        {
            return OpenCached(modelPath, options, provider);
        }
        catch (OnnxRuntimeException e) when (e.Message.Contains(CannotRewrite, StringComparison.Ordinal))
        {
            options.AddSessionConfigEntry(ExactProducts, "0");
            options.AddSessionConfigEntry(FloatingPoint, "1");
            var session = new InferenceSession(modelPath, options);
            const string reason = "runs in floating point: this processor's 8-bit products overflow, and the engine cannot rewrite this graph";
            note = note is null ? reason : $"{note}; {reason}";
            return session;
        }
    }

    private InferenceSession OpenCached(string modelPath, SessionOptions options, string provider)
    {
        var entry = cache.Find(modelPath, provider);
        if (entry is { Ready: true })
        {
            try
            {
                options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
                return new InferenceSession(entry.Path, options);
            }
            catch (OnnxRuntimeException e)
            {
                Log.CacheUnusable(log, entry.Path, e.Message);
                cache.Discard(entry);
                options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL;
            }
        }

        if (entry is null)
            return new InferenceSession(modelPath, options);
        options.OptimizedModelFilePath = entry.TemporaryPath;
        try
        {
            var session = new InferenceSession(modelPath, options);
            cache.Commit(entry);
            return session;
        }
        catch (OnnxRuntimeException e)
        {
            // A full or worn disk that does not take the copy keeps no model from serving; a bad model fails again below.
            cache.Discard(entry);
            options.OptimizedModelFilePath = "";
            var session = new InferenceSession(modelPath, options);
            Log.NotCached(log, entry.Path, OnnxRun.FirstLine(e.Message));
            return session;
        }
    }

    private static SessionOptions Options(ExecutionDefinition execution)
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = execution.IntraOpThreads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        string spinning = execution.AllowSpinning ? "1" : "0";
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", spinning);
        options.AddSessionConfigEntry("session.inter_op.allow_spinning", spinning);
        return options;
    }

    private string ChooseProvider(SessionOptions options, string[] wanted, out string? note)
    {
        note = EngineLibrary.Refusal;
        foreach (string provider in wanted)
        {
            if (provider == "cpu")
                return provider;
            try
            {
                if (provider == "cuda")
                    options.AppendExecutionProvider_CUDA();
                else
                    options.AppendExecutionProvider_Tensorrt();
                return provider;
            }
            catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
            {
                string reason = $"{provider} is not available: {OnnxRun.FirstLine(e.Message)}";
                note = note is null ? reason : $"{note}; {reason}";
                Log.ProviderUnavailable(log, provider, OnnxRun.FirstLine(e.Message));
            }
        }

        return "cpu";
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Warning, "Execution provider {Provider} is not available, falling back: {Reason}")]
        public static partial void ProviderUnavailable(ILogger logger, string provider, string reason);

        [LoggerMessage(2002, LogLevel.Warning, "Optimised graph {Path} is unusable and is made again: {Reason}")]
        public static partial void CacheUnusable(ILogger logger, string path, string reason);

        [LoggerMessage(2003, LogLevel.Warning, "Optimised graph {Path} cannot be kept, every start makes it anew: {Reason}")]
        public static partial void NotCached(ILogger logger, string path, string reason);
    }
}
