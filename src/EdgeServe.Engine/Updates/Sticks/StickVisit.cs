using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Enrolment;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>
/// What happens to one medium, in order: 1 a box that belongs to nobody takes the enrolment file; 2 the channel on it is
/// verified; 3 it is offered to the updater, which copies before it uses; 4 what waits for head office is put on it; 5 the report is written. Nothing that is on the
/// medium, and no moment at which it is pulled, makes this throw.
/// </summary>
internal sealed partial class StickVisit(
    StickOptions options, DeviceEnrolment enrolment, IUpdateOffers offers, StickIdentity self, Func<string, IContentSource> layouts, ILogger<StickVisit> log)
{
    /// <summary>What goes the other way; null: nothing does.</summary>
    public IStickCargo? Cargo { get; init; }

    /// <summary>The way in for the first tablet of a box that a stick enrolled; null: none is offered.</summary>
    public IFirstTabletCard? Card { get; init; }

    // Watching a copy in a terminal needs no more.
    private const long ProgressBytes = 1 << 20;

    /// <summary>Steps 1 and 2: what it is, and which release it has.</summary>
    public async Task VerifyAsync(PluggedMedium medium, CancellationToken stopping)
    {
        medium.Move(s => s with { Phase = MediumPhase.Reading, Text = CarrierTexts.Reading });
        await GuardAsync(medium, async cancellation =>
        {
            string? enrolled = Enrol(medium); // 1
            if (medium.Medium.Index is null || Cargo?.IsNothingElse(Path.Combine(medium.Medium.Path, medium.Medium.LayoutFolder!)) == true)
            {
                await FinishAsync(medium, MediumPhase.Done, enrolled is null ? CarrierTexts.Foreign : CarrierTexts.Enrolled(enrolled), null, stopping);
                return;
            }

            var source = layouts(Path.Combine(medium.Medium.Path, medium.Medium.LayoutFolder!));
            long release = await offers.VerifyAsync(source, cancellation); // 2
            medium.Source = source;
            medium.Move(s => s with { Release = release });
        }, stopping);
    }

    /// <summary>Steps 3 to 5. Does nothing for a medium that step 2 was the end of.</summary>
    public async Task CompleteAsync(PluggedMedium medium, CancellationToken stopping)
    {
        if (medium.Source is not { } source)
            return;
        await GuardAsync(medium, async cancellation =>
        {
            var result = await offers.OfferAsync(source, new CopyProgress(medium, ProgressBytes), cancellation); // 3
            if (result.NewProgram is { } program)
            {
                await FinishAsync(medium, MediumPhase.Done, CarrierTexts.NewProgram(program), null, stopping);
                return;
            }

            if (result.Installed)
                Log.Installed(log, medium.Medium.Name, result.Release, result.CopiedBytes);
            else
                Log.Current(log, medium.Medium.Name, result.Release);
            var text = result.Installed ? CarrierTexts.Installed(result.Release) : CarrierTexts.Current(result.Release);
            await FinishAsync(medium, MediumPhase.Done, CarrierTexts.WithProgram(text, result.Program, result.ProgramError), null, stopping);
        }, stopping);
        medium.Source = null;
    }

    private string? Enrol(PluggedMedium medium)
    {
        if (medium.Medium.EnrolmentPlace is not { } place || !options.EnrolFromMedia)
            return null;
        using var root = FolderHandle.Open(medium.Medium.Path) ?? throw Pulled(null);
        using var folder = place.Folder is null ? null : root.Folder(place.Folder) ?? throw Pulled(null);
        byte[] content;
        try
        {
            content = (folder ?? root).Read(place.Name, EnrolmentFile.MaxBytes) ?? throw Pulled(null);
        }
        catch (InvalidDataException e) when (!offers.IsEnrolled)
        {
            throw new BundleException(BundleError.UnsafeFile, $"the enrolment file is refused: {e.Message}", "Write it to the stick anew.", e);
        }
        catch (InvalidDataException)
        {
            return null;
        }

        if (offers.IsEnrolled)
        {
            if (EnrolmentFile.Read(content, out _) is { } terms && enrolment.IsSame(terms))
            {
                medium.BroughtTerms = true;
                return terms.Channel;
            }

            // Never from a stick: a stick lies in the street.
            Log.EnrolmentLeft(log, medium.Medium.Name);
            return null;
        }

        enrolment.Enrol(content, replace: false);
        medium.BroughtTerms = true;
        Log.Enrolled(log, medium.Medium.Name, enrolment.Require().Channel);
        return enrolment.Require().Channel;
    }

    private async Task GuardAsync(PluggedMedium medium, Func<CancellationToken, Task> run, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, medium.Needed);
        try
        {
            await run(either.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            await RefuseAsync(medium, Pulled(null), stopping);
        }
        catch (BundleException e)
        {
            await RefuseAsync(medium, medium.IsGone || !Directory.Exists(medium.Medium.Path) ? Pulled(e) : e, stopping);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await RefuseAsync(medium, Pulled(e), stopping);
        }
        catch (StorageException e)
        {
            await RefuseAsync(medium, new BundleException(e.Error == StorageError.Full ? BundleError.DiskFull : BundleError.SourceUnavailable, e.Message, e.Hint, e), stopping);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A fault of this program must not end the watch over the other media.
            Log.Broke(log, medium.Medium.Name, e);
            medium.Move(s => s with { Phase = MediumPhase.Refused, Text = CarrierTexts.Broken });
        }
    }

    private async Task RefuseAsync(PluggedMedium medium, BundleException e, CancellationToken stopping)
    {
        medium.Source = null;
        if (e.Error == BundleError.OlderRelease)
        {
            if (!e.Recorded)
                Log.Older(log, medium.Medium.Name);
            await FinishAsync(medium, MediumPhase.Done, CarrierTexts.Of(e.Error), null, stopping);
            return;
        }

        if (!e.Recorded)
            Log.Refused(log, medium.Medium.Name, ReportJson.Code(e.Error), e.Message, e.Hint ?? "");
        bool setUp = !offers.IsEnrolled && medium.Medium.EnrolmentPlace is not null && e.Error is (BundleError.Malformed or BundleError.UnsafeFile);
        await FinishAsync(medium, MediumPhase.Refused, setUp ? CarrierTexts.EnrolmentRefused : CarrierTexts.Of(e.Error), e.Error, stopping);
    }

    /// <summary>Steps 4 and 5: whatever became of the update, a stick that leaves takes along what it can.</summary>
    private async Task FinishAsync(PluggedMedium medium, MediumPhase phase, CarrierText text, BundleError? error, CancellationToken stopping)
    {
        bool written = false;
        CargoReport? cargo;
        var window = await WindowAsync(medium, stopping);
        try
        {
            cargo = await CarryAsync(medium, stopping); // 4
            // A stick that came for nothing else.
            if (cargo is not null && ReferenceEquals(text, CarrierTexts.Foreign))
                text = cargo.Text;
            if (!medium.IsGone)
            {
                medium.Move(s => s with { Phase = MediumPhase.Reporting, Text = CarrierTexts.Reporting });
                if (await Task.Run(() => WriteCard(medium.Medium, medium.BroughtTerms)) && error is null)
                    text = text with { Next = CarrierTexts.OpenCard };
                string? problem = await Task.Run(() => StickReport.Write(medium.Medium, self.Entry(text, error, offers.Channel, medium.State.Release, cargo))); // 5
                written = problem is null;
                if (!written)
                    Log.NoReport(log, medium.Medium.Name, problem!);
            }
        }
        finally
        {
            // "Done" means that it may be pulled: not before all of it is on the stick.
            await CloseAsync(window, medium);
        }

        Renew(medium);
        medium.Move(s => s with { Phase = phase, Text = text, Error = error, ReportWritten = written, Cargo = cargo });
    }

    /// <summary>Steps 4 and 5 write to a stick that is otherwise read-only.</summary>
    private async Task<WriteWindow?> WindowAsync(PluggedMedium medium, CancellationToken stopping)
    {
        if (options.HelperSocket is not { } helper || medium.IsGone)
            return null;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, medium.Needed);
        try
        {
            var (window, refusal) = await WriteWindow.OpenAsync(helper, Path.GetFileName(medium.Medium.Path), either.Token);
            if (refusal is not null)
                Log.NoWindow(log, medium.Medium.Name, refusal);
            return window;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task CloseAsync(WriteWindow? window, PluggedMedium medium)
    {
        if (window is null)
            return;
        await window.DisposeAsync();
        if (!window.IsClosed && !medium.IsGone)
            Log.WindowOpen(log, medium.Medium.Name);
    }

    private async Task<CargoReport?> CarryAsync(PluggedMedium medium, CancellationToken stopping)
    {
        if (medium.IsGone || Cargo is not { IsWanted: true } cargo)
            return null;
        medium.Move(s => s with { Phase = MediumPhase.Carrying, Text = CarrierTexts.Carrying });
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, medium.Needed);
        return await cargo.ExchangeAsync(medium.Medium, either.Token);
    }

    /// <summary>Only onto the stick that enrolled the box, and only for a box that nobody has a way into yet.</summary>
    private bool WriteCard(Medium medium, bool broughtTerms)
    {
        if (!broughtTerms || Card is null)
            return false;
        if (Card.Write(out string why) is not { } page)
        {
            Log.NoCard(log, medium.Name, why);
            return false;
        }

        if (StickReport.WriteFile(medium, StickReport.CardName, page) is { } problem)
        {
            // Nobody has read the code on it.
            Card.TakeBack();
            Log.NoCard(log, medium.Name, problem);
            return false;
        }

        Log.CardWritten(log, medium.Name, StickReport.CardName);
        return true;
    }

    /// <summary>What we wrote is no reason to look at it again.</summary>
    private static void Renew(PluggedMedium medium)
    {
        try
        {
            if (!medium.IsGone && Medium.Look(medium.Medium.Path) is { } now && now.Root == medium.Medium.Root)
                medium.Renew(now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next look finds it gone.
        }
    }

    private static BundleException Pulled(Exception? inner) => inner is BundleException { Error: BundleError.SourceUnavailable } same
        ? same
        : new BundleException(BundleError.SourceUnavailable, "the stick was pulled or stopped answering", "Put it in again: what was copied is kept.", inner);

    private static partial class Log
    {
        [LoggerMessage(6210, LogLevel.Information, "Medium {Name}: this box is enrolled in channel {Channel}")]
        public static partial void Enrolled(ILogger logger, string name, string channel);

        [LoggerMessage(6211, LogLevel.Information, "Medium {Name} carries an enrolment file; this box belongs to a fleet already, the file is left alone")]
        public static partial void EnrolmentLeft(ILogger logger, string name);

        [LoggerMessage(6212, LogLevel.Information, "Medium {Name}: release {Release} is installed, {Bytes} bytes came from it")]
        public static partial void Installed(ILogger logger, string name, long release, long bytes);

        [LoggerMessage(6213, LogLevel.Information, "Medium {Name}: release {Release} serves already")]
        public static partial void Current(ILogger logger, string name, long release);

        [LoggerMessage(6214, LogLevel.Information, "Medium {Name} has an older release than this box; nothing to do")]
        public static partial void Older(ILogger logger, string name);

        [LoggerMessage(6215, LogLevel.Warning, "Medium {Name} is refused ({Code}): {Reason} {Hint}")]
        public static partial void Refused(ILogger logger, string name, string code, string reason, string hint);

        [LoggerMessage(6216, LogLevel.Information, "Medium {Name} got no report: {Reason}")]
        public static partial void NoReport(ILogger logger, string name, string reason);

        [LoggerMessage(8120, LogLevel.Information, "Medium {Name}: {File} for the first tablet was written to it")]
        public static partial void CardWritten(ILogger logger, string name, string file);

        [LoggerMessage(8121, LogLevel.Information, "Medium {Name} got no card for a first tablet: {Reason}")]
        public static partial void NoCard(ILogger logger, string name, string reason);

        [LoggerMessage(9010, LogLevel.Information, "Medium {Name} cannot be made writable: {Reason}")]
        public static partial void NoWindow(ILogger logger, string name, string reason);

        [LoggerMessage(9011, LogLevel.Warning, "Medium {Name} may not have all that was written to it, or is still writable: the helper did not confirm")]
        public static partial void WindowOpen(ILogger logger, string name);

        [LoggerMessage(6217, LogLevel.Error, "Medium {Name}: looking at it failed for a reason of the service's own")]
        public static partial void Broke(ILogger logger, string name, Exception error);
    }
}
