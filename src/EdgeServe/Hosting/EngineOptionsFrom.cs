using EdgeServe.Engine;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Device.Governor;
using EdgeServe.Engine.Device.Lights;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Sync;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Telemetry;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Updates;
using EdgeServe.Engine.Updates.Programs;
using EdgeServe.Engine.Updates.Sticks;

namespace EdgeServe.Hosting;

/// <summary>The engine's own options, from the configuration.</summary>
internal static class EngineOptionsFrom
{
    public static EngineOptions Configuration(EdgeServeOptions options) => new()
    {
        ModelDirectory = options.Repository.Path,
        CacheDirectory = options.Repository.CacheOptimizedGraphs ? Path.Combine(options.Server.DataDirectory, "cache") : null,
        TuningDirectory = new DataDirectory(options.Server.DataDirectory).Tuning,
        EngineLibrary = options.Engine.Library,
        Providers = options.Engine.Providers,
        MaxBytesInFlight = options.Limits.MaxBytesInFlight,
        SystemRoot = options.Governor.SystemRoot,
        Scheduler = new SchedulerOptions
        {
            InlineThreshold = TimeSpan.FromMicroseconds(options.Scheduler.InlineThresholdMicroseconds),
            DefaultInstances = options.Scheduler.Instances > 0 ? options.Scheduler.Instances : Environment.ProcessorCount,
            InferenceNice = options.Scheduler.InferenceNice,
        },
        Catalog = new CatalogOptions
        {
            DefaultPolicy = Policy(options.Repository.VersionPolicy),
            Policies = options.Models.Where(m => m.Value.VersionPolicy is not null).ToDictionary(m => m.Key, m => Policy(m.Value.VersionPolicy!)),
            Pinned = options.Models.Where(m => m.Value.Pinned).Select(m => m.Key).ToHashSet(),
            MemoryBudgetBytes = options.Repository.MemoryBudgetBytes > 0
                ? options.Repository.MemoryBudgetBytes
                : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2,
            AllowUpload = options.Repository.AllowUpload,
        },
    };

    public static JobOptions Jobs(EdgeServeOptions options) => new()
    {
        Parallelism = options.Jobs.Parallelism,
        MaxPending = options.Jobs.MaxPending,
        MaxFinished = options.Jobs.MaxFinished,
        MaxBytes = options.Jobs.MaxBytes,
        Retention = TimeSpan.FromHours(options.Jobs.RetentionHours),
        MaxKeys = options.Jobs.MaxKeys,
        MaxAttempts = options.Jobs.MaxAttempts,
        RunAcceptedVersion = options.Jobs.VersionPolicy == JobsSection.Accepted,
        ReserveBytes = options.Storage.ReserveBytes,
        BallastBytes = options.Storage.BallastBytes,
        BackupInterval = TimeSpan.FromHours(options.Storage.BackupIntervalHours),
    };

    public static GovernorOptions Governor(EdgeServeOptions options) => new()
    {
        Enabled = options.Governor.Enabled,
        Sample = TimeSpan.FromSeconds(options.Governor.SampleSeconds),
        Calm = TimeSpan.FromSeconds(options.Governor.CalmSeconds),
        CarefulCelsius = options.Governor.CarefulCelsius,
        ProtectiveCelsius = options.Governor.ProtectiveCelsius,
        Defer = TimeSpan.FromMinutes(options.Governor.DeferMinutes),
        ReserveBytes = options.Storage.ReserveBytes,
    };

    public static UpdateOptions Updates(EdgeServeOptions options) => new()
    {
        Program = Version.TryParse(ProductVersion.Text.Split('-')[0], out var program) ? program : new Version(0, 0, 0),
        Probation = TimeSpan.FromMinutes(options.Updates.ProbationMinutes),
        ProbationRequests = options.Updates.ProbationRequests,
        PollInterval = TimeSpan.FromMinutes(options.Updates.PollIntervalMinutes),
        ReserveBytes = options.Storage.ReserveBytes,
    };

    /// <summary>Whom the configuration says to follow; null: nobody.</summary>
    public static UpdateTerms? Terms(UpdatesSection updates) => updates.Channel.Length == 0 ? null : new UpdateTerms(
        updates.Channel, updates.DeviceClass, [.. updates.TrustedKeys.Select(path => TrustedKey.FromPem(File.ReadAllText(path)))], updates.Threshold, Registry(updates));

    public static string? Registry(UpdatesSection updates) => updates.Registry.Length == 0 ? null : updates.Registry;

    /// <summary>Read anew each time: a password may be changed while the service runs.</summary>
    public static RegistryOptions RegistryAccess(UpdatesSection updates)
    {
        if (updates.CredentialsFile.Length == 0)
            return new RegistryOptions { Insecure = updates.InsecureRegistry };
        string[] credentials = RegistryOptions.PasswordFrom(updates.CredentialsFile).Split(':', 2);
        return credentials.Length == 2
            ? new RegistryOptions { Username = credentials[0], Password = credentials[1], Insecure = updates.InsecureRegistry }
            : throw new BundleException(BundleError.Unauthorized, $"{updates.CredentialsFile} does not hold user:password", "Write both into its first line, with a colon in between.");
    }

    public static StickOptions Sticks(EdgeServeOptions options) => new()
    {
        MediaDirectory = options.Updates.MediaDirectory,
        HelperSocket = options.Updates.MediaHelper.Length > 0 ? options.Updates.MediaHelper : null,
        EnrolFromMedia = options.Updates.EnrolFromMedia,
        DeviceName = options.Server.Name,
    };

    public static ProgramOptions Programs(UpdatesSection updates) => new() { Directory = updates.ProgramDirectory, Helper = updates.ProgramHelper };

    public static LightOptions Lights(LightsSection lights) => new()
    {
        Chip = lights.Chip,
        GreenLine = lights.GreenLine,
        AmberLine = lights.AmberLine,
        RedLine = lights.RedLine,
        LightsActiveLow = lights.ActiveLow,
        ButtonLine = lights.ButtonLine,
        ButtonActiveHigh = lights.ButtonActiveHigh,
        BoardLed = lights.BoardLed,
    };

    public static TelemetryOptions Telemetry(EdgeServeOptions options) => new()
    {
        Enabled = options.Telemetry.Enabled,
        MetricInterval = TimeSpan.FromMinutes(options.Telemetry.MetricIntervalMinutes),
        RecordsPerMinute = options.Telemetry.RecordsPerMinute,
        TraceOneIn = options.Telemetry.TraceOneIn,
        SampleInputs = options.Telemetry.SampleInputs,
        SamplesPerDay = options.Telemetry.SamplesPerDay,
        TakeInterval = TimeSpan.FromSeconds(options.Telemetry.CommitSeconds),
    };

    public static OutboxOptions Outbox(EdgeServeOptions options) => new()
    {
        MaxBytes = options.Telemetry.MaxBytes,
        CommitInterval = TimeSpan.FromSeconds(options.Telemetry.CommitSeconds),
        ReserveBytes = options.Storage.ReserveBytes,
        ServiceName = options.Server.Name,
        ServiceVersion = ProductVersion.Text,
    };

    public static SyncOptions Sync(EdgeServeOptions options) => new()
    {
        HeadersFile = options.Sync.HeadersFile.Length > 0 ? options.Sync.HeadersFile : null,
        CaFile = options.Sync.CaFile.Length > 0 ? options.Sync.CaFile : null,
        Quiet = QuietHours.TryParse(options.Sync.QuietHours, out var quiet) ? quiet : null,
        Interval = TimeSpan.FromSeconds(options.Sync.IntervalSeconds),
        Spread = TimeSpan.FromSeconds(options.Sync.SpreadSeconds),
        Patience = TimeSpan.FromSeconds(options.Sync.PatienceSeconds),
        BytesPerSecond = options.Sync.BandwidthBytesPerSecond,
        BytesPerDay = options.Sync.DailyByteBudget,
    };

    public static CarryOutOptions CarryOut(EdgeServeOptions options) => new() { MaxBytes = options.Telemetry.Enabled ? options.Sync.CarryOutMaxBytes : 0 };

    /// <summary>The collector the configuration names; null: none.</summary>
    public static Uri? Collector(SyncSection sync) => sync.Endpoint.Length > 0 ? new Uri(sync.Endpoint) : null;

    private static VersionPolicy Policy(string text) => VersionPolicy.TryParse(text, out var policy) ? policy : VersionPolicy.LatestOne;
}
