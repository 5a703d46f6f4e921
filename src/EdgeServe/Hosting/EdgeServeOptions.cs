using System.ComponentModel.DataAnnotations;
using EdgeServe.Engine.Device.Governor;
using EdgeServe.Engine.Device.Lights;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Sync;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Telemetry;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Updates;
using EdgeServe.Engine.Updates.Sticks;

namespace EdgeServe.Hosting;

/// <summary>The whole configuration. Published as <c>appsettings.schema.json</c>; read from files, environment and flags.</summary>
internal sealed class EdgeServeOptions
{
    public ServerOptions Server { get; set; } = new();

    public EngineSection Engine { get; set; } = new();

    public RepositoryOptions Repository { get; set; } = new();

    /// <summary>Settings of single models, by name.</summary>
    public Dictionary<string, ModelOptions> Models { get; set; } = [];

    public SchedulerSection Scheduler { get; set; } = new();

    public LimitsOptions Limits { get; set; } = new();

    public MetricsOptions Metrics { get; set; } = new();

    public JobsSection Jobs { get; set; } = new();

    public StorageSection Storage { get; set; } = new();

    public UpdatesSection Updates { get; set; } = new();

    public GovernorSection Governor { get; set; } = new();

    public TelemetrySection Telemetry { get; set; } = new();

    public SyncSection Sync { get; set; } = new();

    public SecuritySection Security { get; set; } = new();

    public LightsSection Lights { get; set; } = new();
}

internal sealed class ServerOptions
{
    public const string DefaultUrls = "http://127.0.0.1:8000";
    public const string DefaultGrpcUrls = "http://127.0.0.1:8001";

    /// <summary>Name in <c>GET /v2</c>.</summary>
    [Required]
    public string Name { get; set; } = "edgeserve";

    /// <summary>HTTP addresses, separated by semicolons.</summary>
    [Required]
    public string Urls { get; set; } = DefaultUrls;

    /// <summary>gRPC addresses (cleartext HTTP/2), separated by semicolons; empty: no gRPC.</summary>
    public string GrpcUrls { get; set; } = DefaultGrpcUrls;

    /// <summary>HTTPS addresses for the network, separated by semicolons: HTTP/1.1, HTTP/2 and gRPC; empty: none.</summary>
    public string LanUrls { get; set; } = "";

    /// <summary>Plain HTTP addresses of the one page that says how to trust this box; empty: none. A wildcard may share its port with loopback.</summary>
    public string TrustPageUrls { get; set; } = "";

    /// <summary>Allows Urls and GrpcUrls beyond loopback: keys are asked for there too, but travel unencrypted.</summary>
    public bool Insecure { get; set; }

    /// <summary>Host names besides loopback and the listening addresses under which clients may call.</summary>
    public string[] AllowedHosts { get; set; } = [];

    /// <summary>Origins besides the server's own whose web pages may call.</summary>
    public string[] AllowedOrigins { get; set; } = [];

    /// <summary>Path in front of every route, for a proxy that does not strip it.</summary>
    public string PathBase { get; set; } = "";

    /// <summary>Where the service keeps what it writes.</summary>
    [Required]
    public string DataDirectory { get; set; } = "data";

    /// <summary>Whom to call when the box does not work, for the card in the kit's lid: a name, a number. Empty: a line to write on.</summary>
    public string Contact { get; set; } = "";

    /// <summary>File that says to avahi what to announce on the network (<c>_edgeserve._tcp</c>); empty: nothing is announced.</summary>
    public string DiscoveryFile { get; set; } = "";
}

internal sealed class EngineSection
{
    /// <summary>The board's own libonnxruntime.so, built for its accelerator; empty: the packaged one. Of another version it is refused, with the reason in every model's configuration.</summary>
    public string Library { get; set; } = "";

    /// <summary>Execution providers of models that name none, in order of preference: <c>tensorrt</c>, <c>cuda</c>, <c>cpu</c>.</summary>
    public string[] Providers { get; set; } = [];
}

internal sealed class RepositoryOptions
{
    /// <summary>Folder of models.</summary>
    [Required]
    public string Path { get; set; } = "models";

    /// <summary>May clients send model files with a load request?</summary>
    public bool AllowUpload { get; set; }

    /// <summary>Versions served unless a model says otherwise: <c>all</c>, <c>latest:N</c>, <c>specific:1,3</c>.</summary>
    public string VersionPolicy { get; set; } = "latest:1";

    /// <summary>Names of the models loaded at start; empty: all.</summary>
    public string[] LoadAtStart { get; set; } = [];

    /// <summary>Bytes all loaded models may need together, by estimate; 0: half of the machine's memory.</summary>
    [Range(0, long.MaxValue)]
    public long MemoryBudgetBytes { get; set; }

    /// <summary>Keep optimised graphs in the data directory.</summary>
    public bool CacheOptimizedGraphs { get; set; } = true;
}

internal sealed class ModelOptions
{
    public string? VersionPolicy { get; set; }

    /// <summary>Never evicted from memory.</summary>
    public bool Pinned { get; set; }
}

internal sealed class SchedulerSection
{
    /// <summary>Runs expected to take no longer run on the thread that brought the request, in microseconds.</summary>
    [Range(0, 1_000_000)]
    public int InlineThresholdMicroseconds { get; set; } = SchedulerOptions.DefaultInlineThresholdMicroseconds;

    /// <summary>Runs of one model at a time unless it says otherwise; 0: one a core.</summary>
    [Range(0, 256)]
    public int Instances { get; set; }

    /// <summary>Nice level of inference threads.</summary>
    [Range(0, 19)]
    public int InferenceNice { get; set; } = SchedulerOptions.DefaultInferenceNice;
}

internal sealed class LimitsOptions
{
    /// <summary>Largest request body in bytes, after decompression too.</summary>
    [Range(1024, long.MaxValue)]
    public long MaxRequestBytes { get; set; } = 256L << 20;

    /// <summary>Bytes of tensors in flight over all requests.</summary>
    [Range(1 << 20, long.MaxValue)]
    public long MaxBytesInFlight { get; set; } = TensorMemoryPool.DefaultMaxBytesInFlight;

    /// <summary>Largest gRPC message in bytes, both ways.</summary>
    [Range(1024, int.MaxValue)]
    public int MaxGrpcMessageBytes { get; set; } = 256 << 20;

    /// <summary>Connections open at a time, those on the box itself included.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 20_000;

    /// <summary>Connections of the network open at a time.</summary>
    [Range(1, 1_000_000)]
    public int MaxLanConnections { get; set; } = 2_000;

    /// <summary>Of them, those from one address (IPv6 from beyond the own network: from one network of 64 bits).</summary>
    [Range(1, 1_000_000)]
    public int MaxConnectionsPerAddress { get; set; } = 256;

    /// <summary>Requests under way on one connection of HTTP/2.</summary>
    [Range(1, 10_000)]
    public int MaxStreamsPerConnection { get; set; } = 256;

    /// <summary>Bytes of all headers of a request.</summary>
    [Range(1024, 1 << 20)]
    public int MaxHeaderBytes { get; set; } = 32 << 10;

    /// <summary>Headers of a request.</summary>
    [Range(10, 1000)]
    public int MaxHeaders { get; set; } = 100;

    /// <summary>Seconds until all headers of a request are here.</summary>
    [Range(1, 600)]
    public int HeaderSeconds { get; set; } = 15;

    /// <summary>Seconds until a TLS handshake is done.</summary>
    [Range(1, 600)]
    public int HandshakeSeconds { get; set; } = 10;

    /// <summary>Seconds a connection may stay open between two requests.</summary>
    [Range(1, 86_400)]
    public int IdleSeconds { get; set; } = 130;

    /// <summary>Bytes a second that a body or an answer must move at least, on average since it began; 0: no bound.</summary>
    [Range(0, 1 << 30)]
    public int MinBytesPerSecond { get; set; } = 240;

    /// <summary>Seconds before that is asked of it.</summary>
    [Range(2, 600)]
    public int SlowSeconds { get; set; } = 10;
}

internal sealed class MetricsOptions
{
    /// <summary>Also export the <c>nv_*</c> names that existing dashboards know.</summary>
    public bool TritonNames { get; set; }
}

internal sealed class JobsSection
{
    public const string Latest = "latest";
    public const string Accepted = "accepted";

    /// <summary>Jobs that run at a time; 0: one less than there are cores, and at least one.</summary>
    [Range(0, 256)]
    public int Parallelism { get; set; } = JobOptions.DefaultParallelism;

    /// <summary>Jobs that may wait or run.</summary>
    [Range(1, 1_000_000)]
    public int MaxPending { get; set; } = JobOptions.DefaultMaxPending;

    /// <summary>Finished jobs that are kept; beyond, the oldest are forgotten.</summary>
    [Range(1, 10_000_000)]
    public int MaxFinished { get; set; } = JobOptions.DefaultMaxFinished;

    /// <summary>Bytes of requests and results of all jobs.</summary>
    [Range(1 << 20, long.MaxValue)]
    public long MaxBytes { get; set; } = JobOptions.DefaultMaxBytes;

    /// <summary>Hours of running time a finished job is kept.</summary>
    [Range(1, 100_000)]
    public int RetentionHours { get; set; } = JobOptions.DefaultRetentionHours;

    /// <summary>Idempotency keys remembered after their jobs are gone.</summary>
    [Range(0, 10_000_000)]
    public int MaxKeys { get; set; } = JobOptions.DefaultMaxKeys;

    /// <summary>Tries of a job that fails for a reason that passes.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = JobOptions.DefaultMaxAttempts;

    /// <summary>Which version runs a job: <c>latest</c>, the one that serves then, or <c>accepted</c>, the one that served when it was accepted.</summary>
    public string VersionPolicy { get; set; } = Latest;
}

internal sealed class StorageSection
{
    /// <summary>Free bytes on the disk below which no job is taken.</summary>
    [Range(0, long.MaxValue)]
    public long ReserveBytes { get; set; } = JobOptions.DefaultReserveBytes;

    /// <summary>Bytes kept aside for the moment the disk is full; 0: none.</summary>
    [Range(0, 1L << 40)]
    public long BallastBytes { get; set; } = JobOptions.DefaultBallastBytes;

    /// <summary>Hours of running time between copies of the database that a damaged one is mended from; 0: no copies.</summary>
    [Range(0, 100_000)]
    public int BackupIntervalHours { get; set; } = JobOptions.DefaultBackupHours;
}

internal sealed class UpdatesSection
{
    /// <summary>Folder in which sticks are mounted, each in a folder of its own; empty: sticks are not looked at.</summary>
    public string MediaDirectory { get; set; } = StickOptions.DefaultMediaDirectory;

    /// <summary>Socket of the helper that mounts sticks read-only and makes one writable for a moment; empty: they are written to as they are mounted.</summary>
    public string MediaHelper { get; set; } = "";

    /// <summary>Root's folder for newer programs that come with a release; empty: this box takes none.</summary>
    public string ProgramDirectory { get; set; } = "";

    /// <summary>Socket of root's helper that verifies and installs them.</summary>
    public string ProgramHelper { get; set; } = "/run/edgeserve/program.sock";

    /// <summary>May a stick enrol a box that belongs to no fleet yet?</summary>
    public bool EnrolFromMedia { get; set; } = true;

    /// <summary>Channel to follow, for a box that was not enrolled; empty: none. An enrolment goes before it.</summary>
    public string Channel { get; set; } = "";

    /// <summary>Class of this device, beside the channel.</summary>
    public string DeviceClass { get; set; } = "";

    /// <summary>Files with the public keys to trust (PEM, ECDSA P-256), beside the channel.</summary>
    public string[] TrustedKeys { get; set; } = [];

    /// <summary>How many of the trusted keys must have signed a release.</summary>
    [Range(1, 16)]
    public int Threshold { get; set; } = 1;

    /// <summary>Registry and repository to look into, <c>host[:port]/repository</c>; empty: the enrolment's, or none.</summary>
    public string Registry { get; set; } = "";

    /// <summary>File with <c>user:password</c> for the registry; empty: none.</summary>
    public string CredentialsFile { get; set; } = "";

    /// <summary>Talks to the registry without TLS.</summary>
    public bool InsecureRegistry { get; set; }

    /// <summary>Minutes between two looks into the registry, give or take a tenth.</summary>
    [Range(1, 100_000)]
    public int PollIntervalMinutes { get; set; } = UpdateOptions.DefaultPollMinutes;

    /// <summary>Minutes of running time until a release counts as good.</summary>
    [Range(0, 100_000)]
    public int ProbationMinutes { get; set; } = UpdateOptions.DefaultProbationMinutes;

    /// <summary>Answered requests after which a release counts as good, if that comes first.</summary>
    [Range(1, 1_000_000_000)]
    public int ProbationRequests { get; set; } = UpdateOptions.DefaultProbationRequests;

    /// <summary>Bytes the registry may cost in a day of running time; 0: no bound.</summary>
    [Range(0, long.MaxValue)]
    public long DailyByteBudget { get; set; }

    /// <summary>Bytes a second that fetching takes of the link; 0: no bound.</summary>
    [Range(0, long.MaxValue)]
    public long BandwidthBytesPerSecond { get; set; }
}

internal sealed class GovernorSection
{
    /// <summary>Spare the device when it is hot, short of memory or short of power: fewer runs at a time, jobs and looks into the registry wait. No inference is refused for it.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Folder with the system's /proc and /sys; another one stands in for a board.</summary>
    [Required]
    public string SystemRoot { get; set; } = "/";

    /// <summary>Seconds between two looks at the device.</summary>
    [Range(1, 300)]
    public int SampleSeconds { get; set; } = GovernorOptions.DefaultSampleSeconds;

    /// <summary>Seconds for which it must be clearly better before it is spared less.</summary>
    [Range(0, 3600)]
    public int CalmSeconds { get; set; } = GovernorOptions.DefaultCalmSeconds;

    /// <summary>Degrees Celsius from which a thermal zone without trip points of its own is spared.</summary>
    [Range(20, 120)]
    public int CarefulCelsius { get; set; } = GovernorOptions.DefaultCarefulCelsius;

    /// <summary>Degrees Celsius from which it is spared as far as it goes.</summary>
    [Range(20, 120)]
    public int ProtectiveCelsius { get; set; } = GovernorOptions.DefaultProtectiveCelsius;

    /// <summary>Minutes that jobs and looks into the registry wait for a careful device; then they go on, one job at a time. A protective one they wait for.</summary>
    [Range(0, 10_000)]
    public int DeferMinutes { get; set; } = GovernorOptions.DefaultDeferMinutes;
}

internal sealed class TelemetrySection
{
    /// <summary>Records metrics, logs, traces and inferences, and stores them until somebody proves to have them.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Bytes of stored telemetry, compressed; beyond, the least important oldest go, counted.</summary>
    [Range(1 << 20, 1L << 40)]
    public long MaxBytes { get; set; } = OutboxOptions.DefaultMaxBytes;

    /// <summary>Seconds between two writes to the disk. Alarms do not wait for it.</summary>
    [Range(1, 3600)]
    public int CommitSeconds { get; set; } = OutboxOptions.DefaultCommitSeconds;

    /// <summary>Minutes between two looks at the metrics; a box that serves nothing is looked at every fourth time.</summary>
    [Range(1, 1440)]
    public int MetricIntervalMinutes { get; set; } = TelemetryOptions.DefaultMetricMinutes;

    /// <summary>Full records of inferences and jobs a minute; beyond, they are counted by model and outcome.</summary>
    [Range(1, 60_000)]
    public int RecordsPerMinute { get; set; } = TelemetryOptions.DefaultRecordsPerMinute;

    /// <summary>Of this many recorded inferences one becomes a trace; 0: none does.</summary>
    [Range(0, 1_000_000_000)]
    public int TraceOneIn { get; set; } = TelemetryOptions.DefaultTraceOneIn;

    /// <summary>Compare what models get and answer with their references.</summary>
    public bool Drift { get; set; } = true;

    /// <summary>Keep inputs of models whose definition asks for it, encrypted for head office, on a box enrolled with its telemetry key.</summary>
    public bool SampleInputs { get; set; }

    /// <summary>Such samples in a day of running time, of all models.</summary>
    [Range(1, 10_000)]
    public int SamplesPerDay { get; set; } = TelemetryOptions.DefaultSamplesPerDay;
}

internal sealed class SyncSection
{
    /// <summary>OTLP/HTTP address of a collector, without /v1/logs; empty: the enrolment's, or none and nothing is ever sent.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>Allows a collector beyond this machine without TLS.</summary>
    public bool InsecureEndpoint { get; set; }

    /// <summary>File with headers for the collector, a line each, <c>Name: value</c>; empty: none.</summary>
    public string HeadersFile { get; set; } = "";

    /// <summary>PEM file with the only roots to trust; empty: the system's.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>Seconds between two sendings; alarms do not wait for it.</summary>
    [Range(0, 1_000_000)]
    public int IntervalSeconds { get; set; } = SyncOptions.DefaultIntervalSeconds;

    /// <summary>Seconds over which a fleet that comes back at once is spread.</summary>
    [Range(0, 86_400)]
    public int SpreadSeconds { get; set; } = SyncOptions.DefaultSpreadSeconds;

    /// <summary>Seconds the collector or the link may do nothing.</summary>
    [Range(1, 3600)]
    public int PatienceSeconds { get; set; } = SyncOptions.DefaultPatienceSeconds;

    /// <summary>Bytes telemetry may cost in a day of running time; 0: no bound.</summary>
    [Range(0, long.MaxValue)]
    public long DailyByteBudget { get; set; }

    /// <summary>Bytes a second that telemetry takes of the link; 0: no bound.</summary>
    [Range(0, long.MaxValue)]
    public long BandwidthBytesPerSecond { get; set; }

    /// <summary>Hours in which nothing is sent, by the box's time zone, <c>22:00-06:00</c>; empty: none. Not kept while the clock is wrong.</summary>
    public string QuietHours { get; set; } = "";

    /// <summary>Bytes of telemetry on one stick, encrypted for head office, on a box enrolled with its key; 0: none is carried out.</summary>
    [Range(0, 1L << 40)]
    public long CarryOutMaxBytes { get; set; } = CarryOutOptions.DefaultMaxBytes;
}

internal sealed class SecuritySection
{
    public const int DefaultKeyRequestsPerSecond = 5_000;
    public const int DefaultAddressRequestsPerSecond = 50;

    /// <summary>Ask for a key on loopback too. The control socket never asks.</summary>
    public bool RequireKeyOnLoopback { get; set; }

    /// <summary>Requests a second of a key that has no rate of its own; 0: no limit.</summary>
    [Range(0, 1_000_000)]
    public int KeyRequestsPerSecond { get; set; } = DefaultKeyRequestsPerSecond;

    /// <summary>Requests a second of an address without a right key; 0: no limit.</summary>
    [Range(0, 1_000_000)]
    public int AddressRequestsPerSecond { get; set; } = DefaultAddressRequestsPerSecond;

    /// <summary>PEM file with the operator's own certificate and its chain; empty: the box makes its own.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>PEM file with the key of that certificate.</summary>
    public string CertificateKeyFile { get; set; } = "";
}

/// <summary>Lights and a button. Lines are counted as the kernel does: on a Raspberry Pi they are the BCM numbers, on a Jetson <c>gpioinfo</c> lists them.</summary>
internal sealed class LightsSection
{
    /// <summary>N of <c>/dev/gpiochipN</c>.</summary>
    [Range(0, LightOptions.MostChips)]
    public int Chip { get; set; }

    /// <summary>Line of the green light; -1: none is wired.</summary>
    [Range(LightOptions.NotWired, LightOptions.MostLines)]
    public int GreenLine { get; set; } = LightOptions.NotWired;

    /// <summary>Line of the amber light; -1: none is wired.</summary>
    [Range(LightOptions.NotWired, LightOptions.MostLines)]
    public int AmberLine { get; set; } = LightOptions.NotWired;

    /// <summary>Line of the red light; -1: none is wired.</summary>
    [Range(LightOptions.NotWired, LightOptions.MostLines)]
    public int RedLine { get; set; } = LightOptions.NotWired;

    /// <summary>Lights are on at low level.</summary>
    public bool ActiveLow { get; set; }

    /// <summary>Line of the button; -1: none is wired.</summary>
    [Range(LightOptions.NotWired, LightOptions.MostLines)]
    public int ButtonLine { get; set; } = LightOptions.NotWired;

    /// <summary>The button pulls its line up; otherwise it connects it to ground.</summary>
    public bool ButtonActiveHigh { get; set; }

    /// <summary>Folder of a kernel's LED that stands in where no light is wired; <c>auto</c>: the board's own, if this process may write it; empty: none.</summary>
    public string BoardLed { get; set; } = LightOptions.AnyBoardLed;
}
