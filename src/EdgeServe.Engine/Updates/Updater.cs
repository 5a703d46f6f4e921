using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Channels;
using EdgeServe.Engine.Bundles.Store;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Updates.Programs;

namespace EdgeServe.Engine.Updates;

/// <summary>
/// The update flow. 1 A source has the channel's index -> 2 it is verified before anything it names is read -> 3 what is
/// missing comes into the store -> 4 the new versions are tried beside the running ones -> 5 trust counters, journal, and
/// one swap -> 6 probation (<see cref="Probation"/>) -> 7 commit, or back by the same swap (<see cref="SetSwitch.RollBackAsync"/>).
/// Whatever happens before 5, what served still serves and what was fetched is kept.
/// </summary>
internal sealed class Updater(TermsInForce terms, SetContent content, ActiveSets sets, SetSwitch activation, UpdateRecords records, UpdateOptions options) : IUpdateOffers
{
    private const int MostTries = 3;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SemaphoreSlim _switching = new(1, 1);
    private readonly Lock _running = new();
    private volatile UpdateRun? _run;
    private int _ahead;
    private long _fetched;

    /// <summary>The offer that is being worked on; null: none.</summary>
    public UpdateRun? Running => _run;

    /// <summary>Takes newer programs; null: this box takes none.</summary>
    public ProgramUpdate? Program { get; init; }

    /// <summary>Bytes that sources gave since the process began.</summary>
    public long FetchedBytes => Interlocked.Read(ref _fetched);

    /// <summary>A set took over or was taken back.</summary>
    public event Action? Switched;

    /// <inheritdoc/>
    public bool IsEnrolled => terms.IsEnrolled;

    /// <inheritdoc/>
    public string? Channel => terms.Current?.Channel;

    /// <inheritdoc/>
    public async Task<long> VerifyAsync(IContentSource source, CancellationToken cancellation)
    {
        try
        {
            var (index, channel) = await VerifyAsync(source, terms.Require(), known: null, cancellation);
            return index is null ? records.Journal.State.Active!.Release : channel!.Release;
        }
        catch (BundleException e)
        {
            records.Refused(null, source.Name, e, 0);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<OfferResult> OfferAsync(IContentSource source, IProgress<OfferProgress>? progress, CancellationToken cancellation) =>
        OfferAsync(source, progress, asked: false, yields: false, cancellation);

    /// <param name="source">Has the channel.</param>
    /// <param name="progress">Where it stands.</param>
    /// <param name="asked">An operator wants it tried even if it failed here before.</param>
    /// <param name="yields">Its fetch is given up for an offer that does not yield: a slow link never makes a stick wait.</param>
    /// <param name="cancellation">Gives up where nothing is half done.</param>
    public async Task<OfferResult> OfferAsync(IContentSource source, IProgress<OfferProgress>? progress, bool asked, bool yields, CancellationToken cancellation)
    {
        await TurnAsync(yields, cancellation);
        using var run = new UpdateRun(source, progress, yields, cancellation);
        Started(run);
        try
        {
            return await RunAsync(run, asked, cancellation);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            var yielded = new BundleException(BundleError.SourceUnavailable, "interrupted for a stick or a file; what came is kept", "It goes on by itself.", e);
            records.Refused(run.Set, source.Name, yielded, run.Fetched);
            throw yielded;
        }
        catch (BundleException e)
        {
            records.Refused(run.Set, source.Name, e, run.Fetched);
            throw;
        }
        catch (OperationCanceledException)
        {
            records.Refused(run.Set, source.Name, new BundleException(BundleError.SourceUnavailable, "interrupted; what came is kept"), run.Fetched);
            throw;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var described = ContentStore.Describe(e);
            records.Refused(run.Set, source.Name, described, run.Fetched);
            throw described;
        }
        finally
        {
            Started(null);
            Interlocked.Add(ref _fetched, run.Fetched);
            _turn.Release();
        }
    }

    /// <summary>Runs while no offer does.</summary>
    public async Task BetweenOffersAsync(Action work, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            await Task.Run(work, cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Back to the set before, because an operator says so. Does not wait for an offer that is still fetching or trying.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.NotFound"/>: there is no set before.</exception>
    public async Task<UpdateEvent> RollBackAsync(string who, CancellationToken cancellation)
    {
        await _switching.WaitAsync(cancellation);
        try
        {
            return await RollBackInTurnAsync(who, BundleError.KnownBad, "rolled back by an operator");
        }
        finally
        {
            _switching.Release();
        }
    }

    /// <summary>Back to the set before, because probation says so. Does nothing when another set took over meanwhile.</summary>
    public async Task<UpdateEvent?> RollBackAsync(SetReference failed, string reason, CancellationToken cancellation)
    {
        await _switching.WaitAsync(cancellation);
        try
        {
            return records.Journal.State.Active == failed ? await RollBackInTurnAsync("probation", BundleError.ProbationFailed, reason) : null;
        }
        finally
        {
            _switching.Release();
        }
    }

    /// <summary>Waits for the offers before; one of them that yields is not waited for longer than it takes to stop reading.</summary>
    private async Task TurnAsync(bool yields, CancellationToken cancellation)
    {
        if (yields)
        {
            await _turn.WaitAsync(cancellation);
            return;
        }

        Interlocked.Increment(ref _ahead);
        try
        {
            lock (_running)
                _run?.GiveWay();
            await _turn.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _ahead);
        }
    }

    private void Started(UpdateRun? run)
    {
        lock (_running)
        {
            _run = run;
            // Somebody came while this one took its turn.
            if (Volatile.Read(ref _ahead) > 0)
                run?.GiveWay();
        }
    }

    private async Task<UpdateEvent> RollBackInTurnAsync(string who, BundleError error, string reason)
    {
        var e = await activation.RollBackAsync(who, error, reason);
        Switched?.Invoke();
        return e;
    }

    private async Task<OfferResult> RunAsync(UpdateRun run, bool asked, CancellationToken cancellation)
    {
        var followed = terms.Require();
        if (Program is not null)
            await Program.SettledAsync(run.Fetching);
        var state = records.Journal.State;
        if (state.Held)
            throw new BundleException(BundleError.Held, "updates are held on this device", "Go on with `edgeserve update hold --off`.");

        // 1 and 2. The set that serves is not verified again: nothing new is believed.
        run.At(OfferStep.Verifying);
        var serving = state.Active is { } active && content.IsComplete(active) ? active : null;
        var known = serving is null || Program?.Wanted(content.Channel(serving), again: !run.Yields) is not null ? null : serving;
        var (index, channel) = await VerifyAsync(run.Source, followed, known?.Digest, run.Fetching);
        if (index is null)
            return Told(new OfferResult(false, serving!.Release, 0), content.Channel(serving));
        var set = run.Set = new SetReference(channel!.Release, index.Digest);

        // A newer program comes before the models that may need it: they are taken by it.
        if (await TakeProgramAsync(run, index, channel, cancellation) is { } taken)
            return taken;
        if (index.Digest == serving?.Digest)
            return Told(new OfferResult(false, serving.Release, run.Fetched), channel);
        RequireUntried(state, set, asked);

        // 3. The journal keeps what arrives from being collected.
        if (state.Active != set && state.Pending != set)
            records.Journal.Write(s => s with { Pending = set });
        await QuietThread.RunAsync("fetch", () => content.FetchAsync(run, index, channel, run.Fetching));
        if (state.Active == set)
            return Heal(set, run);

        // 4.
        run.At(OfferStep.Trying);
        var folder = sets.Build(set, content.Models(set));
        StagedSet staged;
        try
        {
            staged = await activation.StageAsync(folder, cancellation);
        }
        catch (Exception e)
        {
            sets.Remove(set);
            if (e is BundleException failed)
                Remember(set, failed);
            throw;
        }

        // 5. From here on nothing is given up half-way.
        using (staged)
        {
            run.At(OfferStep.Activating);
            await _switching.WaitAsync(cancellation);
            try
            {
                records.Trust.Advance(followed.Channel, set.Release, set.Digest, channel.Created);
                await activation.ActivateAsync(set, staged, records.Event(UpdateRecords.Activated, set, run.Source.Name, $"release {set.Release} serves, in probation", bytes: run.Fetched));
            }
            finally
            {
                _switching.Release();
            }
        }

        // 6 and 7 are Probation's.
        Switched?.Invoke();
        return Told(new OfferResult(true, set.Release, run.Fetched), channel);
    }

    /// <returns>Null: there is none to take, or root's helper refused it and the models can do without.</returns>
    private async Task<OfferResult?> TakeProgramAsync(UpdateRun run, FetchedManifest index, ChannelIndex channel, CancellationToken cancellation)
    {
        if (Program?.Wanted(channel, again: !run.Yields) is not { } program)
        {
            RequireProgram(channel);
            return null;
        }

        // The journal keeps what arrives from being collected.
        await content.KeepAsync(index);
        if (records.Journal.State is var state && state.Active != run.Set && state.Pending != run.Set)
            records.Journal.Write(s => s with { Pending = run.Set });
        try
        {
            await Program.HandOverAsync(run, index, channel, program, cancellation);
            return new OfferResult(false, channel.Release, run.Fetched) { NewProgram = program.Version };
        }
        catch (BundleException e) when (e.Error == BundleError.ProgramRefused)
        {
            RequireProgram(channel);
            records.Refused(run.Set, run.Source.Name, e, run.Fetched);
            return null;
        }
    }

    /// <summary>What became of the release's program goes with what became of its models.</summary>
    private OfferResult Told(OfferResult result, ChannelIndex channel) =>
        result with { Program = Program?.Installed(channel), ProgramError = Program?.TroubleWith(channel) };

    /// <returns>No index when the source still has <paramref name="known"/>.</returns>
    private async Task<(FetchedManifest? Index, ChannelIndex? Channel)> VerifyAsync(IContentSource source, UpdateTerms followed, Digest? known, CancellationToken cancellation)
    {
        if (await ChannelVerification.RunAsync(source, followed, () => records.Trust, known, cancellation) is not var (index, channel))
            return (null, null);
        if (Program?.Wanted(channel) is null)
            RequireProgram(channel);
        return (index, channel);
    }

    /// <summary>Models that need a newer program than this one wait for it; one that failed here is named.</summary>
    private void RequireProgram(ChannelIndex channel)
    {
        try
        {
            ChannelPolicy.RequireProgram(channel, options.Program);
        }
        catch (BundleException e) when (Program?.TroubleWith(channel) is BundleError.ProgramFailed)
        {
            throw new BundleException(BundleError.ProgramFailed, $"{e.Message}; the program that comes with it was tried here and taken back", "Publish a release with a newer program.", e);
        }
    }

    /// <summary>The set that serves had lost content to damage: now it is whole again, for the next start.</summary>
    private OfferResult Heal(SetReference set, UpdateRun run)
    {
        sets.Build(set, content.Models(set));
        var e = records.Event("healed", set, run.Source.Name, $"damaged content of release {set.Release} was replaced", bytes: run.Fetched);
        records.Journal.Write(s => s with { Pending = null, History = [.. s.History, e] });
        records.Note(e);
        return new OfferResult(false, set.Release, run.Fetched);
    }

    private static void RequireUntried(JournalState state, SetReference set, bool asked)
    {
        // Another set may have been refused since: that does not make this one good.
        if (state.RolledBack == set && state.Refused?.Set != set)
            throw TakenBack(set, "another release was tried since");
        if (state.Refused is not { } refused || refused.Set != set)
            return;
        bool takenBack = refused.Error is BundleError.KnownBad or BundleError.ProbationFailed;
        // What a busy moment may have caused is tried again, a few times.
        bool mayPass = refused.Error is BundleError.TooSlow or BundleError.OutOfMemory && refused.Tries < MostTries;
        if (takenBack)
            throw TakenBack(set, refused.Message);
        if (!asked && !mayPass)
            throw new BundleException(refused.Error, $"release {set.Release} failed here before: {refused.Message}", "Publish a newer release, or try this one again with `edgeserve update now`.");
    }

    private static BundleException TakenBack(SetReference set, string why) =>
        new(BundleError.KnownBad, $"release {set.Release} was taken back on this device: {why}", "Publish a newer release.");

    private void Remember(SetReference set, BundleException failed)
    {
        // A full or failing disk says nothing about the set.
        if (failed.Error is BundleError.LoadFailed or BundleError.GoldenFailed or BundleError.TooSlow or BundleError.OutOfMemory)
            records.Journal.TryWrite(s => s with { Refused = new RefusedSet(set, failed.Error, failed.Message, s.Refused?.Set == set ? s.Refused.Tries + 1 : 1) });
    }
}
