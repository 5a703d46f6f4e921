using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace EdgeServe.Engine.Sessions;

/// <summary>
/// Which native inference library this process runs: the packaged one beside the program, or the board's own, built for
/// its accelerator. One of another version would fail in the middle of a request or answer differently: it is asked for its version before
/// anything runs in it, and refused in favour of the packaged one, which every board can run.
/// </summary>
public static class EngineLibrary
{
    /// <summary>The version this program was built and tested with.</summary>
    public const string NeededVersion = "1.31.1";

    private const string ImportName = "onnxruntime";
    private static readonly Lock Gate = new();
    private static bool _chosen;

    /// <summary>The board's library in use; null: the packaged one is.</summary>
    public static string? Path { get; private set; }

    /// <summary>Why the board's library is not in use; null when it is, or when none was named.</summary>
    public static string? Refusal { get; private set; }

    /// <summary>Chooses for the life of the process, before anything touches the library; later calls change nothing.</summary>
    /// <param name="path">The board's library; empty: the packaged one.</param>
    public static void Use(string path)
    {
        lock (Gate)
        {
            if (_chosen)
                return;
            _chosen = true;
            if (path.Length == 0)
                return;
            nint library = Open(path, out string? refusal);
            if (library == 0)
            {
                Refusal = $"{path} is not used: {refusal}; the packaged library on the CPU is";
                return;
            }

            Path = path;
            OrtEnv.DisableDllImportResolver = true;
            NativeLibrary.SetDllImportResolver(typeof(OrtEnv).Assembly, (name, _, _) => IsEngine(name) ? library : 0);
        }
    }

    private static nint Open(string path, out string? refusal)
    {
        refusal = null;
        if (!File.Exists(path))
        {
            refusal = "there is no such file";
            return 0;
        }

        nint library;
        try
        {
            library = NativeLibrary.Load(System.IO.Path.GetFullPath(path));
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            refusal = $"it does not load ({OnnxRun.FirstLine(e.Message)})";
            return 0;
        }

        string? version = VersionOf(library);
        if (version == NeededVersion)
            return library;
        refusal = version is null ? "it is no ONNX Runtime" : $"it is ONNX Runtime {version}, this program needs {NeededVersion}";
        NativeLibrary.Free(library);
        return 0;
    }

    /// <summary>The C API's way in: <c>OrtGetApiBase()->GetVersionString()</c>, the same in every version.</summary>
    private static unsafe string? VersionOf(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "OrtGetApiBase", out nint entry))
            return null;
        var api = ((delegate* unmanaged[Cdecl]<ApiBase*>)entry)();
        return api is null || api->GetVersionString is null ? null : Marshal.PtrToStringUTF8((nint)api->GetVersionString());
    }

    private static bool IsEngine(string name) => name is ImportName or "onnxruntime.dll" or "libonnxruntime.so";

    [StructLayout(LayoutKind.Sequential)]
    private readonly unsafe struct ApiBase
    {
        public readonly delegate* unmanaged[Cdecl]<uint, void*> GetApi;
        public readonly delegate* unmanaged[Cdecl]<byte*> GetVersionString;
    }
}
