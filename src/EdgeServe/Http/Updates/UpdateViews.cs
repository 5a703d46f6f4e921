using System.Globalization;
using System.Text.Json;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Updates;
using EdgeServe.Engine.Updates.Programs;
using EdgeServe.Engine.Updates.Sticks;

namespace EdgeServe.Http.Updates;

/// <summary>The updater as the wire shows it.</summary>
internal sealed class UpdateViews(TermsInForce terms, UpdateRecords records, Updater updater)
{
    public UpdatesBody All()
    {
        var state = records.Journal.State;
        var followed = Followed();
        var trust = Trust();
        return new UpdatesBody(
            terms.IsEnrolled, followed?.Channel, followed?.DeviceClass, followed?.Registry, followed?.Threshold,
            followed is null ? null : [.. followed.Keys.Select(k => k.Fingerprint)], state.Held,
            Of(records.Serving), Of(state.Previous), Of(state.Pending), Of(state.Refused?.Set),
            state.Probation is { } p ? new ProbationBody(p.LeftMs, p.Crashes, [.. p.Changed]) : null,
            followed is null ? 0 : trust?.MarkOf(followed.Channel).Release ?? 0, trust?.SignedTime?.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            Activity(), records.Last is { } last ? Of(last) : null, [.. state.History.Reverse().Select(Of)],
            updater.Program is { } program ? new ProgramBody(program.Version, program.Place.IsOnTrial, [.. program.Place.Failed]) : null);
    }

    public UpdatesStatusBody? Status()
    {
        if (!terms.IsEnrolled)
            return null;
        var state = records.Journal.State;
        return new UpdatesStatusBody(records.Serving?.Release, state.Held, state.Probation is not null, records.Last?.Code, Activity()?.Step);
    }

    public static UpdateEventBody Of(UpdateEvent e)
    {
        var error = Array.Find(Enum.GetValues<BundleError>(), v => UpdateRecords.Code(v) == e.Code);
        bool refused = UpdateRecords.Code(error) == e.Code;
        var text = refused ? CarrierTexts.Of(error) : null;
        string severity = text?.Tone switch
        {
            CarrierTone.Refused => "red",
            CarrierTone.Attention => "yellow",
            null when e.Code is UpdateRecords.RolledBack or "recovered" or "healed" or ProgramEvent.Returned or ProgramEvent.NotInstalled => "yellow",
            _ => "green",
        };
        return new UpdateEventBody(
            e.Code, severity, e.Release > 0 ? e.Release : null, e.Digest.Length > 0 ? e.Digest : null, e.Source, e.Message, text?.Sentence, e.Hint,
            DateTimeOffset.FromUnixTimeMilliseconds(e.UnixMs).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), e.RunningMs, e.Bytes);
    }

    private UpdateTerms? Followed()
    {
        try
        {
            return terms.Current;
        }
        catch (BundleException)
        {
            return null;
        }
    }

    private TrustState? Trust()
    {
        try
        {
            return records.Trust;
        }
        catch (BundleException)
        {
            // An offer says so; what serves does not depend on it.
            return null;
        }
    }

    private UpdateActivityBody? Activity() => updater.Running is { } run
        ? new UpdateActivityBody(JsonNamingPolicy.SnakeCaseLower.ConvertName(run.Progress.Step.ToString()), run.Source.Name, run.Set?.Release, run.Progress.Bytes, run.Progress.TotalBytes)
        : null;

    private static SetBody? Of(SetReference? set) => set is null ? null : new SetBody(set.Release, set.Digest.ToString());
}
