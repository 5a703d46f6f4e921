using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Channels;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Packing;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Bundles.Store;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Sticks;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Updates.Programs;

/// <summary>
/// The service's half of a program update: a verified release has a newer program for this machine, so it is fetched and laid out for root's
/// helper, which believes nothing of it and verifies it again (<see cref="ProgramStage"/>). What is decided here is a convenience, no defence.
/// </summary>
internal sealed partial class ProgramUpdate(ProgramOptions options, DataDirectory data, ContentStore store, ILogger<ProgramUpdate> log)
{
    private readonly Lazy<InstalledProgram?> _installed = new(ReadInstalled);
    private volatile string? _refused;

    /// <summary>What root wrote about programs.</summary>
    public ProgramPlace Place { get; } = new(options.Directory);

    /// <summary>The package that is installed; null: this program is none.</summary>
    public string? Version => _installed.Value?.Version;

    /// <summary>The program to take from a verified release; null: none.</summary>
    /// <param name="channel">The release.</param>
    /// <param name="again">Also one that the helper refused since this process began.</param>
    public ChannelProgram? Wanted(ChannelIndex channel, bool again = true) =>
        Candidate(channel) is { } program && program.Version != Version && _installed.Value!.IsOlderThan(program.Version) && !Place.Failed.Contains(program.Version)
            && (again || program.Version != _refused) ? program : null;

    /// <summary>The release's program if it is the one that is installed; null: it is not.</summary>
    public string? Installed(ChannelIndex channel) => Candidate(channel) is { } program && program.Version == Version ? Version : null;

    /// <summary>Why this box does without the release's program; null: it does not.</summary>
    public BundleError? TroubleWith(ChannelIndex channel) => Candidate(channel) is not { } program ? null
        : Place.Failed.Contains(program.Version) ? BundleError.ProgramFailed
        : program.Version == _refused ? BundleError.ProgramRefused : null;

    /// <summary>Returns when no program is on trial: what a release needs must not depend on one that may be taken back.</summary>
    public async Task SettledAsync(CancellationToken cancellation)
    {
        if (!Place.IsOnTrial)
            return;
        using var signal = new ChangeSignal();
        while (true)
        {
            signal.Watch([Place.Directory]);
            if (!Place.IsOnTrial)
                return;
            await signal.WaitAsync(cancellation);
        }
    }

    /// <summary>Fetches the program and has root install it. When this returns, this process has not long to live.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.ProgramRefused"/>: root's helper says no; and what fetching throws.</exception>
    public async Task HandOverAsync(UpdateRun run, FetchedManifest index, ChannelIndex channel, ChannelProgram program, CancellationToken cancellation)
    {
        var source = run.Source;
        var manifest = await source.ManifestAsync(program.Manifest, run.Fetching);
        var package = ProgramContent.Read(program, manifest.Content).Package;
        await store.PutAsync(manifest.Content);
        run.At(OfferStep.Copying, store.BytesHeld(package), package.Size);
        await QuietThread.RunAsync("fetch program", async () =>
        {
            run.Fetched += await store.IngestAsync(source, package, new Relay(bytes => run.At(OfferStep.Copying, bytes, package.Size)), run.Fetching);
            await LayOutAsync(source, index, channel, manifest, run.Fetching);
        });
        run.At(OfferStep.Trying);
        try
        {
            string answer = await HelperCall.AskAsync(options.Helper, HelperCall.Install, cancellation);
            Log.HandedOver(log, program.Version, channel.Release, source.Name, answer);
        }
        catch (BundleException e)
        {
            _refused = program.Version;
            Log.Refused(log, program.Version, channel.Release, e.Message);
            throw;
        }
        finally
        {
            Directory.Delete(data.Program, recursive: true);
        }
    }

    /// <summary>Root's own copy of whom to trust is made as soon as there is something to copy, and never changed by this.</summary>
    public async Task PinAsync(CancellationToken cancellation)
    {
        try
        {
            Log.Pinned(log, await HelperCall.AskAsync(options.Helper, HelperCall.Pin, cancellation));
        }
        catch (BundleException e)
        {
            Log.NotPinned(log, e.Message);
        }
    }

    /// <summary>An image layout with the signed index, its signatures and the one package: what root's helper reads.</summary>
    private async Task LayOutAsync(IContentSource source, FetchedManifest index, ChannelIndex channel, FetchedManifest manifest, CancellationToken cancellation)
    {
        if (Directory.Exists(data.Program))
            Directory.Delete(data.Program, recursive: true);
        var target = ImageLayoutWriter.Open(data.Program);
        var signatures = (await source.ResolveAsync(Signatures.TagOf(index.Digest), null, cancellation))!;
        foreach (var blob in ManifestJson.ReadManifest(signatures.Content).Layers.DistinctBy(b => b.Digest))
            await target.BlobAsync(source, blob, null, cancellation);
        await target.ManifestAsync(signatures, Signatures.TagOf(index.Digest), cancellation);
        await target.BlobAsync(ImageLayout.Open(data.Store), ManifestJson.ReadManifest(manifest.Content).Layers[0], null, cancellation);
        await target.ManifestAsync(manifest, null, cancellation);
        await target.ManifestAsync(index, channel.Channel, cancellation);
    }

    private ChannelProgram? Candidate(ChannelIndex channel) => channel.Programs.Count > 0 ? _installed.Value?.Candidate(channel) : null;

    private static InstalledProgram? ReadInstalled()
    {
        try
        {
            return InstalledProgram.Read();
        }
        catch (BundleException)
        {
            // Run from a folder, or not on Debian: there is nothing to put another in the place of.
            return null;
        }
    }

    private sealed class Relay(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }

    private static partial class Log
    {
        [LoggerMessage(8361, LogLevel.Information, "Program {Version} of release {Release} from {Source} was handed to root's helper: {Answer}")]
        public static partial void HandedOver(ILogger logger, string version, long release, string source, string answer);

        [LoggerMessage(8362, LogLevel.Warning, "Program {Version} of release {Release} is not taken: {Reason}")]
        public static partial void Refused(ILogger logger, string version, long release, string reason);

        [LoggerMessage(8365, LogLevel.Information, "Whom root's helper trusts with programs: {Answer}")]
        public static partial void Pinned(ILogger logger, string answer);

        [LoggerMessage(8366, LogLevel.Warning, "Root's helper takes no programs: {Reason}")]
        public static partial void NotPinned(ILogger logger, string reason);
    }
}
