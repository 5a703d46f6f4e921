using System.Globalization;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Channels;
using EdgeServe.Engine.Bundles.Packing;
using EdgeServe.Engine.Bundles.Store;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Updates.Programs;

/// <summary>
/// Root's half of a program update, up to the point where <c>packaging/program</c> installs. Nothing the service says is believed: 1 signatures, channel,
/// class, number and expiry by root's own keys and counters -> 2 the program for this machine, newer, not one that failed -> 3 its manifest by
/// digest -> 4 the package copied to where only root writes, hashed while it is copied -> 5 what the package says of itself -> 6 root's counters,
/// then it waits for installation. What stands before 6 can be repeated.
/// </summary>
internal sealed class ProgramStage(ProgramPlace place, ProgramTrust trust, Func<InstalledProgram> installed)
{
    private const string Work = "work";

    /// <param name="source">The service's hand-over: read through no link, plain files only.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>The program that is going to be installed.</returns>
    /// <exception cref="BundleException">The first thing that is wrong.</exception>
    public async Task<ChannelProgram> RunAsync(IContentSource source, CancellationToken cancellation)
    {
        if (place.IsOnTrial || Directory.Exists(place.Next))
            throw new BundleException(BundleError.Held, "another program is on trial", "It is over in some minutes.");
        var terms = trust.Require();
        var counters = new TrustState(place.Directory);
        // 1. Known is nothing: it is verified every time.
        var (index, channel) = (await ChannelVerification.RunAsync(source, terms, () => counters, known: null, cancellation))!.Value;
        // 2
        var present = installed();
        var program = present.Candidate(channel)
            ?? throw new BundleException(BundleError.NotFound, $"release {channel.Release} has no program for {present.Architecture}{ChannelProgram.FlavourOf(present.Version)}", "Build the channel with the package for this machine.");
        present.Require(program, place.Failed);
        // 3
        var content = ProgramContent.Read(program, (await source.ManifestAsync(program.Manifest, cancellation)).Content);
        string work = Path.Combine(place.Directory, Work);
        if (Directory.Exists(work))
            Directory.Delete(work, recursive: true);
        try
        {
            // 4
            var store = new ContentStore(Path.Combine(work, "store"), Path.Combine(work, "ingest"));
            await store.IngestAsync(source, content.Package, null, cancellation);
            // 5
            string file = store.PathOf(content.Package.Digest);
            var package = DebianPackage.Read(file);
            if (package.Version != program.Version || package.Architecture != program.Architecture)
                throw new BundleException(BundleError.ForbiddenContent, $"the package is {package.Version} for {package.Architecture}, the release calls it {program.Version} for {program.Architecture}", "Build the channel again from the right package.");
            // 6
            counters.Advance(channel.Channel, channel.Release, index.Digest, channel.Created);
            Hand(work, file, channel.Release, program, present);
            return program;
        }
        finally
        {
            if (Directory.Exists(work))
                Directory.Delete(work, recursive: true);
        }
    }

    /// <summary>All of it or nothing: the folder gets its name last, and its name is what starts the installation.</summary>
    private void Hand(string work, string file, long release, ChannelProgram program, InstalledProgram present)
    {
        string folder = Path.Combine(work, "next");
        Directory.CreateDirectory(folder);
        File.Move(file, Path.Combine(folder, ProgramPlace.PackageName));
        AtomicWrite.WriteAllText(Path.Combine(folder, ProgramPlace.AboutName), string.Create(CultureInfo.InvariantCulture, $"version={program.Version}\nprevious={present.Version}\nrelease={release}\n"));
        DirectoryHandle.Flush(folder);
        Directory.Move(folder, place.Next);
        DirectoryHandle.Flush(place.Directory);
    }
}
