namespace EdgeServe.Hosting;

/// <summary>The keys there are: a misspelt one is an error, not a setting that silently does nothing.</summary>
internal static class ConfigurationKeys
{
    /// <summary>Every key with one value; <c>Models:*:</c> stands for each model's.</summary>
    public static readonly string[] All = Array.ConvertAll(EffectiveValues.All, v => v.Key);

    private static readonly HashSet<string> Known = new(All, StringComparer.OrdinalIgnoreCase);

    /// <summary>One error for each key that nothing reads. The <c>Logging</c> section belongs to the host's logging library.</summary>
    public static IEnumerable<string> Unknown(IConfigurationRoot root)
    {
        foreach (var (key, value) in root.AsEnumerable())
        {
            if (value is null || key.StartsWith("Logging:", StringComparison.OrdinalIgnoreCase) || key == "$schema")
                continue;
            if (!Known.Contains(Normalize(key)))
                yield return $"{key}: is not a setting; {Suggestion(key)}";
        }
    }

    /// <summary>Array indices and model names do not name settings.</summary>
    public static string Normalize(string key)
    {
        var parts = key.Split(':').ToList();
        if (parts.Count > 2 && int.TryParse(parts[^1], out _))
            parts.RemoveAt(parts.Count - 1);
        if (parts.Count == 3 && parts[0].Equals("Models", StringComparison.OrdinalIgnoreCase))
            parts[1] = "*";
        return string.Join(':', parts);
    }

    private static string Suggestion(string key)
    {
        string last = key.Split(':')[^1];
        string? near = Array.Find(All, k => k.EndsWith(":" + last, StringComparison.OrdinalIgnoreCase))
            ?? Array.Find(All, k => k.StartsWith(key.Split(':')[0] + ":", StringComparison.OrdinalIgnoreCase));
        return near is null ? "`edgeserve config show` lists those that are" : $"did you mean {near}?";
    }
}
