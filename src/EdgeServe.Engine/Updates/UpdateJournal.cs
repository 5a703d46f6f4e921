using System.Text.Json;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Updates;

/// <summary>
/// Where the updater stands, in <c>device/updates</c>. Not in <c>jobs.db</c>: which models serve must not depend on a
/// database that may be damaged, salvaged or restored from a copy, and it is needed before that is open. One small
/// checksummed file, written twice in turn, is old or new after a power cut and never half of each.
/// </summary>
internal sealed class UpdateJournal
{
    private const int MostEvents = 50;
    private readonly DoubledFile _file;
    private readonly Lock _gate = new();
    private volatile JournalState _state = new();

    /// <param name="directory"><c>device/</c> of the data directory.</param>
    public UpdateJournal(string directory)
    {
        _file = new DoubledFile(Path.Combine(directory, "updates"));
        try
        {
            if (_file.Read() is { } content)
                _state = JsonSerializer.Deserialize(content, JournalJson.Default.JournalState) ?? new JournalState();
            else
                IsDamaged = _file.Exists;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            IsDamaged = true;
        }
    }

    public JournalState State => _state;

    /// <summary>It is there and cannot be read: the folders of <c>active/</c> have to tell.</summary>
    public bool IsDamaged { get; }

    /// <summary>The next state; durable when it returns.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.DiskFull"/> or <see cref="BundleError.StorageBroken"/>: the old state stays.</exception>
    public JournalState Write(Func<JournalState, JournalState> change)
    {
        lock (_gate)
        {
            var next = Bounded(change(_state));
            if (ReferenceEquals(next, _state))
                return next;
            try
            {
                _file.Write(JsonSerializer.SerializeToUtf8Bytes(next, JournalJson.Default.JournalState));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                var trouble = DiskErrors.Describe(e);
                throw new BundleException(trouble.Error == StorageError.Full ? BundleError.DiskFull : BundleError.StorageBroken,
                    $"the update journal cannot be written: {trouble.Message}", trouble.Hint, e);
            }

            _state = next;
            return next;
        }
    }

    /// <summary>The same where nothing may wait for the disk: what cannot be kept holds for this process.</summary>
    /// <returns>False when it was not kept.</returns>
    public bool TryWrite(Func<JournalState, JournalState> change)
    {
        try
        {
            Write(change);
            return true;
        }
        catch (BundleException)
        {
            lock (_gate)
                _state = Bounded(change(_state));
            return false;
        }
    }

    private static JournalState Bounded(JournalState state) => state.History.Count <= MostEvents
        ? state
        : state with { History = [.. state.History.TakeLast(MostEvents)] };
}
