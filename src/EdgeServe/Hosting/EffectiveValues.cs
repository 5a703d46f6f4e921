using System.Globalization;

namespace EdgeServe.Hosting;

/// <summary>Every setting there is, with its value in force.</summary>
internal static class EffectiveValues
{
    /// <summary>By key; <c>Models:*:</c> stands for each model's.</summary>
    public static readonly (string Key, Func<EdgeServeOptions, string> Value)[] All =
    [
        ("Server:Name", o => o.Server.Name),
        ("Server:Urls", o => o.Server.Urls),
        ("Server:GrpcUrls", o => o.Server.GrpcUrls),
        ("Server:LanUrls", o => o.Server.LanUrls),
        ("Server:TrustPageUrls", o => o.Server.TrustPageUrls),
        ("Server:Insecure", o => Text(o.Server.Insecure)),
        ("Server:AllowedHosts", o => List(o.Server.AllowedHosts)),
        ("Server:AllowedOrigins", o => List(o.Server.AllowedOrigins)),
        ("Server:PathBase", o => o.Server.PathBase),
        ("Server:DataDirectory", o => o.Server.DataDirectory),
        ("Repository:Path", o => o.Repository.Path),
        ("Repository:AllowUpload", o => Text(o.Repository.AllowUpload)),
        ("Repository:VersionPolicy", o => o.Repository.VersionPolicy),
        ("Repository:LoadAtStart", o => List(o.Repository.LoadAtStart)),
        ("Repository:MemoryBudgetBytes", o => Text(o.Repository.MemoryBudgetBytes)),
        ("Repository:CacheOptimizedGraphs", o => Text(o.Repository.CacheOptimizedGraphs)),
        ("Models:*:VersionPolicy", o => Models(o, m => m.VersionPolicy)),
        ("Models:*:Pinned", o => Models(o, m => m.Pinned ? "true" : null)),
        ("Scheduler:InlineThresholdMicroseconds", o => Text(o.Scheduler.InlineThresholdMicroseconds)),
        ("Scheduler:Instances", o => Text(o.Scheduler.Instances)),
        ("Scheduler:InferenceNice", o => Text(o.Scheduler.InferenceNice)),
        ("Limits:MaxRequestBytes", o => Text(o.Limits.MaxRequestBytes)),
        ("Limits:MaxBytesInFlight", o => Text(o.Limits.MaxBytesInFlight)),
        ("Limits:MaxGrpcMessageBytes", o => Text(o.Limits.MaxGrpcMessageBytes)),
        ("Limits:MaxConnections", o => Text(o.Limits.MaxConnections)),
        ("Limits:MaxLanConnections", o => Text(o.Limits.MaxLanConnections)),
        ("Limits:MaxConnectionsPerAddress", o => Text(o.Limits.MaxConnectionsPerAddress)),
        ("Limits:MaxStreamsPerConnection", o => Text(o.Limits.MaxStreamsPerConnection)),
        ("Limits:MaxHeaderBytes", o => Text(o.Limits.MaxHeaderBytes)),
        ("Limits:MaxHeaders", o => Text(o.Limits.MaxHeaders)),
        ("Limits:HeaderSeconds", o => Text(o.Limits.HeaderSeconds)),
        ("Limits:HandshakeSeconds", o => Text(o.Limits.HandshakeSeconds)),
        ("Limits:IdleSeconds", o => Text(o.Limits.IdleSeconds)),
        ("Limits:MinBytesPerSecond", o => Text(o.Limits.MinBytesPerSecond)),
        ("Limits:SlowSeconds", o => Text(o.Limits.SlowSeconds)),
        ("Metrics:TritonNames", o => Text(o.Metrics.TritonNames)),
        ("Jobs:Parallelism", o => Text(o.Jobs.Parallelism)),
        ("Jobs:MaxPending", o => Text(o.Jobs.MaxPending)),
        ("Jobs:MaxFinished", o => Text(o.Jobs.MaxFinished)),
        ("Jobs:MaxBytes", o => Text(o.Jobs.MaxBytes)),
        ("Jobs:RetentionHours", o => Text(o.Jobs.RetentionHours)),
        ("Jobs:MaxKeys", o => Text(o.Jobs.MaxKeys)),
        ("Jobs:MaxAttempts", o => Text(o.Jobs.MaxAttempts)),
        ("Jobs:VersionPolicy", o => o.Jobs.VersionPolicy),
        ("Storage:ReserveBytes", o => Text(o.Storage.ReserveBytes)),
        ("Storage:BallastBytes", o => Text(o.Storage.BallastBytes)),
        ("Storage:BackupIntervalHours", o => Text(o.Storage.BackupIntervalHours)),
        ("Updates:MediaDirectory", o => o.Updates.MediaDirectory),
        ("Updates:EnrolFromMedia", o => Text(o.Updates.EnrolFromMedia)),
        ("Updates:Channel", o => o.Updates.Channel),
        ("Updates:DeviceClass", o => o.Updates.DeviceClass),
        ("Updates:TrustedKeys", o => List(o.Updates.TrustedKeys)),
        ("Updates:Threshold", o => Text(o.Updates.Threshold)),
        ("Updates:Registry", o => o.Updates.Registry),
        ("Updates:CredentialsFile", o => o.Updates.CredentialsFile),
        ("Updates:InsecureRegistry", o => Text(o.Updates.InsecureRegistry)),
        ("Updates:PollIntervalMinutes", o => Text(o.Updates.PollIntervalMinutes)),
        ("Updates:ProbationMinutes", o => Text(o.Updates.ProbationMinutes)),
        ("Updates:ProbationRequests", o => Text(o.Updates.ProbationRequests)),
        ("Updates:DailyByteBudget", o => Text(o.Updates.DailyByteBudget)),
        ("Updates:BandwidthBytesPerSecond", o => Text(o.Updates.BandwidthBytesPerSecond)),
        ("Telemetry:Enabled", o => Text(o.Telemetry.Enabled)),
        ("Telemetry:MaxBytes", o => Text(o.Telemetry.MaxBytes)),
        ("Telemetry:CommitSeconds", o => Text(o.Telemetry.CommitSeconds)),
        ("Telemetry:MetricIntervalMinutes", o => Text(o.Telemetry.MetricIntervalMinutes)),
        ("Telemetry:RecordsPerMinute", o => Text(o.Telemetry.RecordsPerMinute)),
        ("Telemetry:TraceOneIn", o => Text(o.Telemetry.TraceOneIn)),
        ("Telemetry:Drift", o => Text(o.Telemetry.Drift)),
        ("Telemetry:SampleInputs", o => Text(o.Telemetry.SampleInputs)),
        ("Telemetry:SamplesPerDay", o => Text(o.Telemetry.SamplesPerDay)),
        ("Sync:Endpoint", o => o.Sync.Endpoint),
        ("Sync:InsecureEndpoint", o => Text(o.Sync.InsecureEndpoint)),
        ("Sync:HeadersFile", o => o.Sync.HeadersFile),
        ("Sync:CaFile", o => o.Sync.CaFile),
        ("Sync:IntervalSeconds", o => Text(o.Sync.IntervalSeconds)),
        ("Sync:SpreadSeconds", o => Text(o.Sync.SpreadSeconds)),
        ("Sync:PatienceSeconds", o => Text(o.Sync.PatienceSeconds)),
        ("Sync:DailyByteBudget", o => Text(o.Sync.DailyByteBudget)),
        ("Sync:BandwidthBytesPerSecond", o => Text(o.Sync.BandwidthBytesPerSecond)),
        ("Sync:QuietHours", o => o.Sync.QuietHours),
        ("Sync:CarryOutMaxBytes", o => Text(o.Sync.CarryOutMaxBytes)),
        ("Security:RequireKeyOnLoopback", o => Text(o.Security.RequireKeyOnLoopback)),
        ("Security:KeyRequestsPerSecond", o => Text(o.Security.KeyRequestsPerSecond)),
        ("Security:AddressRequestsPerSecond", o => Text(o.Security.AddressRequestsPerSecond)),
        ("Security:CertificateFile", o => o.Security.CertificateFile),
        ("Security:CertificateKeyFile", o => o.Security.CertificateKeyFile),
    ];

    private static string Text(bool value) => value ? "true" : "false";

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string List(string[] values) => string.Join(", ", values);

    private static string Models(EdgeServeOptions options, Func<ModelOptions, string?> value) =>
        string.Join(", ", options.Models.Select(m => (m.Key, Value: value(m.Value))).Where(m => m.Value is not null).Select(m => $"{m.Key}={m.Value}"));
}
