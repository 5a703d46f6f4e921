namespace EdgeServe.Engine.Sync;

/// <summary>Headers with secrets, from a file: a line each, <c>Name: value</c>; empty lines and those that begin with # are left out.</summary>
internal static class CollectorHeaders
{
    private const int MostBytes = 64 << 10;

    /// <exception cref="FormatException">A line is no header; what stands in it is not repeated.</exception>
    /// <exception cref="IOException">Not there.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Read(string path)
    {
        if (new FileInfo(path).Length > MostBytes)
            throw new FormatException($"{path} is larger than {MostBytes >> 10} KiB");
        var headers = new List<KeyValuePair<string, string>>();
        string[] lines = File.ReadAllLines(path);
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string name = colon > 0 ? line[..colon].TrimEnd() : "";
            string value = line[(colon + 1)..].Trim();
            if (!IsToken(name) || value.Length == 0 || value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
                throw new FormatException($"line {i + 1} of {path} is not 'Name: value' in printable ASCII");
            headers.Add(new(name, value));
        }

        return headers;
    }

    private static bool IsToken(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
