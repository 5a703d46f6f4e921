namespace EdgeServe.Engine.Bundles.Registry;

/// <summary>How a registry is spoken to, already validated.</summary>
public sealed record RegistryOptions
{
    public const int DefaultPatienceSeconds = 60;
    public const int DefaultRetries = 2;

    public string? Username { get; init; }

    /// <summary>Never logged, never sent to another host than the registry and the token service it names.</summary>
    public string? Password { get; init; }

    /// <summary>Plain HTTP to hosts other than this one.</summary>
    public bool Insecure { get; init; }

    /// <summary>How long the registry may be silent, or give less than <see cref="LinkStream.LeastBytes"/>. There is no limit on the whole.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(DefaultPatienceSeconds);

    /// <summary>Further tries inside one attempt.</summary>
    public int Retries { get; init; } = DefaultRetries;

    /// <summary>Push rights are asked for as well.</summary>
    public bool Push { get; init; }

    /// <summary>Reads a password: the first line of a file.</summary>
    /// <exception cref="IOException">Not there.</exception>
    public static string PasswordFrom(string file) => File.ReadLines(file).FirstOrDefault("").Trim();

    /// <summary>Without the password.</summary>
    public override string ToString() => $"registry options of {Username ?? "nobody"}";
}
