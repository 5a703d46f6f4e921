using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using Microsoft.ML.OnnxRuntime;

namespace EdgeServe.Engine.Sessions;

/// <summary>
/// Graphs as the engine optimised them, kept in <c>&lt;data&gt;/cache</c> so that a small board need not do it at every
/// start. Keyed by the model's SHA-256, the engine's version, the provider and the processor (optimised graphs are made
/// for one kind of CPU); a sidecar holds the entry's own hash, so that a damaged card means a slow start and nothing worse.
/// </summary>
/// <param name="directory">Null: nothing is kept.</param>
/// <param name="budgetBytes">Of all entries; the longest unused leave first.</param>
internal sealed class OptimizedGraphCache(string? directory, long budgetBytes = OptimizedGraphCache.DefaultBudgetBytes)
{
    public const long DefaultBudgetBytes = 1L << 30;
    private const string Graphs = "*.onnx";
    private const string Unfinished = ".tmp";

    /// <summary>A smaller graph is optimised faster than it is hashed, and hashing would load the system's crypto library.</summary>
    private const long SmallestBytes = 128 << 10;

    // Use is noted in the file's time, at most so often: each note is a write to the card.
    private static readonly TimeSpan NoteUseEvery = TimeSpan.FromDays(1);
    // Rises when the options under which graphs are optimised change.
    private const string Format = "2";
    private static readonly Lazy<string> Processor = new(DescribeProcessor);

    public sealed record Entry(string Path, string TemporaryPath, bool Ready)
    {
        public string HashPath => Path + ".sha256";
    }

    /// <returns>Null when there is no cache for it: no directory, a read-only card, a graph too small to be worth it, or one
    /// with weights in other files, which the key would not know.</returns>
    public Entry? Find(string modelPath, string provider)
    {
        if (directory is null || new FileInfo(modelPath).Length < SmallestBytes || ExternalData.Locations(modelPath).Length > 0)
            return null;
        try
        {
            Directory.CreateDirectory(directory);
            string key = Key(modelPath, provider);
            string path = Path.Combine(directory, key + ".onnx");
            var entry = new Entry(path, Path.Combine(directory, $"{key}.{Environment.ProcessId}{Unfinished}"), IsIntact(path));
            if (entry.Ready)
                NoteUse(path);
            return entry;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Publishes what the engine wrote to <see cref="Entry.TemporaryPath"/>. Failing is harmless: the next start tries again.</summary>
    public void Commit(Entry entry)
    {
        try
        {
            AtomicWrite.WriteAllText(entry.HashPath, Hash(entry.TemporaryPath));
            AtomicWrite.Publish(entry.TemporaryPath, entry.Path);
            Tidy(entry.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Discard(entry);
        }
    }

    public void Discard(Entry entry)
    {
        foreach (string path in new[] { entry.Path, entry.HashPath, entry.TemporaryPath })
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A read-only card: the hash check keeps a damaged entry from being used.
            }
        }
    }

    /// <summary>Deletes what processes that are gone left unfinished, and old entries beyond the budget.</summary>
    private void Tidy(string keep)
    {
        foreach (string left in Directory.EnumerateFiles(directory!, "*" + Unfinished))
        {
            string process = Path.GetExtension(Path.GetFileNameWithoutExtension(left)).TrimStart('.');
            if (!Directory.Exists($"/proc/{process}"))
                File.Delete(left);
        }

        long bytes = 0;
        foreach (var graph in new DirectoryInfo(directory!).EnumerateFiles(Graphs).OrderByDescending(f => f.FullName == keep).ThenByDescending(f => f.LastWriteTimeUtc))
        {
            bytes += graph.Length;
            if (bytes <= budgetBytes || graph.FullName == keep)
                continue;
            graph.Delete();
            File.Delete(graph.FullName + ".sha256");
        }
    }

    private static void NoteUse(string path)
    {
        if (File.GetLastWriteTimeUtc(path) + NoteUseEvery < TimeProvider.System.GetUtcNow().UtcDateTime)
            File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime);
    }

    private static bool IsIntact(string path) =>
        File.Exists(path) && File.Exists(path + ".sha256") && File.ReadAllText(path + ".sha256") == Hash(path);

    private static string Key(string modelPath, string provider)
    {
        string parts = string.Join('\n', Hash(modelPath), OrtEnv.Instance().GetVersionString(), provider, Processor.Value, Format);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parts)));
    }

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static string DescribeProcessor()
    {
        const string file = "/proc/cpuinfo";
        string features = File.Exists(file)
            ? string.Join('\n', File.ReadLines(file).Where(l => l.StartsWith("flags", StringComparison.Ordinal) || l.StartsWith("Features", StringComparison.Ordinal)).Take(1))
            : "";
        return $"{RuntimeInformation.ProcessArchitecture}\n{features}";
    }
}
