namespace EdgeServe.Engine.Updates;

/// <summary>How the device takes updates; whom it trusts is in <see cref="UpdateTerms"/>.</summary>
public sealed record UpdateOptions
{
    public const int DefaultProbationMinutes = 15;
    public const int DefaultProbationRequests = 10_000;
    public const int DefaultPollMinutes = 60;

    /// <summary>Version of this program.</summary>
    public Version Program { get; init; } = new(0, 0, 0);

    /// <summary>Running time after which a set counts as good.</summary>
    public TimeSpan Probation { get; init; } = TimeSpan.FromMinutes(DefaultProbationMinutes);

    /// <summary>Answered requests after which a set counts as good, if that comes first.</summary>
    public int ProbationRequests { get; init; } = DefaultProbationRequests;

    /// <summary>Between two looks at the registry, give or take a tenth.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMinutes(DefaultPollMinutes);

    /// <summary>Free bytes that fetching leaves to others.</summary>
    public long ReserveBytes { get; init; }
}
