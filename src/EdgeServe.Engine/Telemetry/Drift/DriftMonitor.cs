using System.Collections.Concurrent;
using System.Globalization;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>
/// Gives every model version that is loaded a <see cref="DriftWatch"/> before it serves, tells of alarms, and keeps the
/// sketches over restarts. An alarm is event 7301, which the outbox carries before everything else.
/// </summary>
internal sealed partial class DriftMonitor : BackgroundService
{
    /// <summary>Sketches are written no more often: at most this much is lost to a power cut.</summary>
    private static readonly TimeSpan SaveInterval = TimeSpan.FromHours(1);

    /// <summary>Versions of a model whose sketches wait in memory.</summary>
    private const int MostParked = 4;

    private readonly ConcurrentDictionary<ServedModel, DriftWatch> _watches = new();
    private readonly ConcurrentDictionary<ModelVersionKey, (string Digest, byte[] Sketches)> _parked = new();
    private readonly ModelCatalog _catalog;
    private readonly DataDirectory _data;
    private readonly DriftFiles _files;
    private readonly TimeProvider _time;
    private readonly ILogger<DriftMonitor> _log;
    private readonly DriftMeter _meter;

    public DriftMonitor(ModelCatalog catalog, DataDirectory data, TimeProvider time, ILogger<DriftMonitor> log, bool enabled = true)
    {
        (_catalog, _data, _time, _log) = (catalog, data, time, log);
        _files = new DriftFiles(data.Drift);
        _meter = new DriftMeter(() => States);
        // Hosted services are all made before the first is started: no model is loaded yet.
        IsEnabled = enabled;
        if (enabled)
            catalog.Loaded += Attach;
    }

    /// <summary>Does the operator want it at all?</summary>
    public bool IsEnabled { get; }

    /// <summary>Of every version that serves and is watched, by name.</summary>
    public IEnumerable<DriftState> States => Serving().Select(w => w.State());

    /// <returns>Null when it is not watched.</returns>
    public DriftState? Find(ServedModel model) => _watches.TryGetValue(model, out var watch) ? watch.State() : null;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Save();
    }

    public override void Dispose()
    {
        _catalog.Loaded -= Attach;
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(SaveInterval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Save();
    }

    private IEnumerable<DriftWatch> Serving()
    {
        foreach (var served in _catalog.Current.Models.SelectMany(m => m.Versions).Select(v => v.Served))
        {
            if (served is not null && _watches.TryGetValue(served, out var watch))
                yield return watch;
        }
    }

    private void Attach(ServedModel model, ModelFiles files)
    {
        var definition = model.Definition.Reference;
        var map = new RowMap(model.Signature, model.MaxBatchSize, definition);
        if (definition.Window == 0 || map.IsEmpty)
            return;
        var watch = new DriftWatch(model.Key, map, definition, Reference(model.Key, files, map, definition), _time, Tell);
        try
        {
            if (Saved(model) is { } saved && !watch.TryRestore(saved))
                Log.BeginsAnew(_log, model.Key.Name, model.Key.Version);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotKept(_log, _data.Drift, e.Message);
        }

        _watches[model] = watch;
        model.Answered += watch.Observe;
        model.Closed.ContinueWith(_ => Detach(model), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>What the version leaves behind waits for its next load, or the next time something is written.</summary>
    private void Detach(ServedModel model)
    {
        if (!_watches.TryRemove(model, out var watch) || !watch.HasNews)
            return;
        try
        {
            _parked[model.Key] = (model.Digest, watch.Save());
            // A version long gone does not come back within the hour after which these are on the disk.
            foreach (var old in _parked.Keys.Where(k => k.Name == model.Key.Name).OrderByDescending(k => k.Version).Skip(MostParked))
                _parked.TryRemove(old, out _);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its file is gone, and with it whose sketches these are.
            Log.NotKept(_log, _data.Drift, e.Message);
        }
    }

    /// <summary>Sketches of this very graph: of the one that serves and is being replaced, parked, or on the disk.</summary>
    private byte[]? Saved(ServedModel model)
    {
        if (_catalog.Current.Find(model.Key.Name)?.Find(model.Key.Version)?.Served is { } running && _watches.TryGetValue(running, out var watch) && running.Digest == model.Digest)
            return watch.Save();
        if (_parked.TryRemove(model.Key, out var parked))
            return parked.Digest == model.Digest ? parked.Sketches : null;
        return _files.Read(model.Key, () => model.Digest);
    }

    private DriftProfile? Reference(ModelVersionKey key, ModelFiles files, RowMap map, ReferenceDefinition definition)
    {
        string path = Path.Combine(files.Directory, definition.File);
        if (!File.Exists(path))
            return null;
        try
        {
            if (new FileInfo(path).Length > DriftProfileJson.MostBytes)
                throw new InvalidDataException($"it is larger than {DriftProfileJson.MostBytes} bytes");
            var profile = DriftProfileJson.Read(File.ReadAllBytes(path));
            return DriftWatch.Mismatch(profile, map) is { } mismatch ? throw new InvalidDataException(mismatch) : profile;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // Serving does not need it.
            Log.ReferenceUnusable(_log, key.Name, key.Version, path, e.Message);
            return null;
        }
    }

    private void Tell(DriftWatch watch, DriftChange? change)
    {
        var (name, version) = (watch.Key.Name, watch.Key.Version);
        if (change is null)
            Log.Learned(_log, name, version, BaselineLearner.RowsForCounts);
        else if (change.Raised.Count > 0)
            Log.Alarm(_log, name, version, Names(change.Raised), change.Worst, change.AlarmAt);
        else if (change is { Before: DriftLevel.Alarm })
            Log.Over(_log, name, version, change.After);
        else if (change.After == DriftLevel.Warn)
            Log.Warn(_log, name, version, change.Worst);
    }

    private static string Names(IReadOnlyList<string> features)
    {
        const int most = 8;
        string names = string.Join(", ", features.Take(most));
        return features.Count > most ? string.Create(CultureInfo.InvariantCulture, $"{names} and {features.Count - most} more") : names;
    }

    private void Save()
    {
        if (!_data.IsTaken)
            return;
        try
        {
            foreach (var key in _parked.Keys)
            {
                if (_parked.TryRemove(key, out var parked))
                    _files.Write(key, parked.Digest, parked.Sketches);
            }

            foreach (var (model, watch) in _watches.Where(w => w.Value.HasNews))
                _files.Write(model.Key, model.Digest, watch.Save());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotKept(_log, _data.Drift, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7301, LogLevel.Warning, "{Model} version {Version} has drifted: {Features} differ from the reference (PSI {Psi:F2}, alarm at {AlarmAt:F2}). Answers may be wrong: `edgeserve model drift {Model}` shows how")]
        public static partial void Alarm(ILogger logger, string model, long version, string features, double psi, double alarmAt);

        [LoggerMessage(7302, LogLevel.Information, "{Model} version {Version} no longer drifts: {Level}")]
        public static partial void Over(ILogger logger, string model, long version, DriftLevel level);

        [LoggerMessage(7303, LogLevel.Information, "{Model} version {Version} gets inputs or gives answers worth a look (PSI {Psi:F2})")]
        public static partial void Warn(ILogger logger, string model, long version, double psi);

        [LoggerMessage(7304, LogLevel.Warning, "The reference of {Model} version {Version} is not used, the first requests are learned instead: {Path}: {Reason}. Make it again with `edgeserve model profile {Model}`")]
        public static partial void ReferenceUnusable(ILogger logger, string model, long version, string path, string reason);

        [LoggerMessage(7305, LogLevel.Information, "{Model} version {Version} brought no reference; {Rows} rows were learned as one")]
        public static partial void Learned(ILogger logger, string model, long version, int rows);

        [LoggerMessage(7306, LogLevel.Warning, "Drift sketches are not kept over a restart: {Directory}: {Reason}")]
        public static partial void NotKept(ILogger logger, string directory, string reason);

        [LoggerMessage(7307, LogLevel.Information, "Drift sketches of {Model} version {Version} are of another reference and begin anew")]
        public static partial void BeginsAnew(ILogger logger, string model, long version);
    }
}
