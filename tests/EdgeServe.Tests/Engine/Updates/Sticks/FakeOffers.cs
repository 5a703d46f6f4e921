using System.Collections.Concurrent;
using System.Globalization;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Updates;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Tests.Engine.Updates.Sticks;

/// <summary>
/// An updater that takes a number for a release: index.json holds one, or the name of an error to refuse with. It copies
/// the file <c>blob</c> beside it, for as long as it is let.
/// </summary>
internal sealed class FakeOffers(DeviceEnrolment enrolment) : IUpdateOffers
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>A channel of the configuration, beside any enrolment.</summary>
    public string? Configured { get; set; }

    public bool IsEnrolled => enrolment.IsEnrolled || Configured is not null;

    public string? Channel => enrolment.Terms?.Channel ?? Configured;

    /// <summary>Releases offered, in order.</summary>
    public ConcurrentQueue<long> Offered { get; } = new();

    public long Release { get; private set; }

    /// <summary>Bytes kept over broken copies.</summary>
    public long Kept { get; private set; }

    /// <summary>Called after each chunk; null: copy on.</summary>
    public Func<CancellationToken, Task>? AfterChunk { get; set; }

    public Task<long> VerifyAsync(IContentSource source, CancellationToken cancellation)
    {
        if (!IsEnrolled)
            throw new BundleException(BundleError.NotEnrolled, "follows nobody");
        string text = File.ReadAllText(Path.Combine(source.Name, Directory.GetFiles(source.Name).Select(Path.GetFileName).First(n => n!.Equals("index.json", StringComparison.OrdinalIgnoreCase))!));
        if (Enum.TryParse<BundleError>(text, out var error) && !char.IsDigit(text[0]))
            throw new BundleException(error, "made up", "a hint");
        long release = long.Parse(text, CultureInfo.InvariantCulture);
        return release < Release ? throw new BundleException(BundleError.OlderRelease, "older") : Task.FromResult(release);
    }

    public async Task<OfferResult> OfferAsync(IContentSource source, IProgress<OfferProgress>? progress, CancellationToken cancellation)
    {
        long release = await VerifyAsync(source, cancellation);
        Offered.Enqueue(release);
        if (release == Release)
            return new OfferResult(false, release, 0);
        long copied = 0;
        string blob = Path.Combine(source.Name, "blob");
        if (File.Exists(blob))
        {
            using var handle = File.OpenHandle(blob);
            long total = RandomAccess.GetLength(handle);
            byte[] chunk = new byte[ChunkBytes];
            progress?.Report(new OfferProgress(OfferStep.Copying, release, Kept, total));
            for (int read; (read = RandomAccess.Read(handle, chunk, Kept)) > 0; copied += read)
            {
                Kept += read;
                progress?.Report(new OfferProgress(OfferStep.Copying, release, Kept, total));
                if (AfterChunk is { } wait)
                    await wait(cancellation);
                cancellation.ThrowIfCancellationRequested();
                if (!File.Exists(blob))
                    throw new BundleException(BundleError.SourceUnavailable, "gone");
            }
        }

        progress?.Report(new OfferProgress(OfferStep.Trying, release, Kept, Kept));
        Release = release;
        Kept = 0;
        return new OfferResult(true, release, copied);
    }
}
