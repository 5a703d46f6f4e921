using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>
/// Gives a stick back: 1 what is being written to it is written to its end -> 2 nothing more is read or written -> 3 all of it is
/// on the stick, and it is unmounted where a helper does that.
/// </summary>
internal sealed class StickEject(string? helper, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <returns>Why it may not be safe to pull; null: it is.</returns>
    public async Task<string?> RunAsync(PluggedMedium medium, CancellationToken cancellation)
    {
        try
        {
            await UntilAsync(medium, m => m.State.Phase != MediumPhase.Reporting, cancellation); // 1
            medium.Leave(); // 2
            await UntilAsync(medium, m => m.State.MayBePulled, cancellation);
        }
        catch (TimeoutException)
        {
            return "it is still in use";
        }

        if (medium.State is { Phase: MediumPhase.Refused, Error: BundleError.SourceUnavailable })
            medium.Move(s => s with { Phase = MediumPhase.Done, Text = CarrierTexts.LetGo, Error = null });
        return helper is null // 3
            ? await Task.Run(() => Flush(medium.Medium.Path), cancellation)
            : await WriteWindow.EjectAsync(helper, Path.GetFileName(medium.Medium.Path), cancellation);
    }

    private async Task UntilAsync(PluggedMedium medium, Func<PluggedMedium, bool> done, CancellationToken cancellation)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (done(medium))
                reached.TrySetResult();
        }

        medium.Moved += Look;
        try
        {
            Look();
            await reached.Task.WaitAsync(Patience, time, cancellation);
        }
        finally
        {
            medium.Moved -= Look;
        }
    }

    private static string? Flush(string path)
    {
        try
        {
            using var folder = FolderHandle.Open(path);
            folder?.FlushAll();
            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}
