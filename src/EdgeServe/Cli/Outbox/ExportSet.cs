using EdgeServe.Cli.Channels;
using EdgeServe.Engine.Sync.CarryOut;

namespace EdgeServe.Cli.Outbox;

/// <summary>Exports and the places they were found in.</summary>
internal sealed class ExportSet : IDisposable
{
    private readonly List<Source> _sources = [];
    private readonly List<(Export Export, string? Directory, bool IsNew)> _exports = [];

    /// <summary>The directory is null for a registry.</summary>
    public IReadOnlyList<(Export Export, string? Directory, bool IsNew)> Exports => _exports;

    public long Bytes => _exports.Sum(e => e.Export.Bytes);

    /// <summary>Layouts on this machine, each once.</summary>
    public IEnumerable<string> Directories => _exports.Select(e => e.Directory).OfType<string>().Distinct();

    public Source Keep(Source source)
    {
        _sources.Add(source);
        return source;
    }

    public void Add(Export export, string? directory, bool isNew) => _exports.Add((export, directory, isNew));

    public void Dispose() => _sources.ForEach(s => s.Dispose());
}
