using System.CommandLine;
using EdgeServe.Cli.Channels;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Sync.CarryOut;

namespace EdgeServe.Cli.Outbox;

/// <summary>Where exports are read and which devices are believed, the same for every verb.</summary>
internal sealed class ExportOptions
{
    private const string DevicesFile = "edgeserve-devices.json";
    private readonly Argument<string[]> _sources = new("SOURCE") { Description = "A stick, a layout with or without :TAG, or host[:port]/repository:TAG.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _devices = new("--devices") { Description = "List of known devices and their keys; made and added to when a device is met for the first time.", HelpName = "FILE", DefaultValueFactory = _ => DevicesFile };
    private readonly Option<bool> _onlyKnown = new("--known-only") { Description = "Refuse devices that are not in the list." };
    private readonly RegistryAccess _access;

    public ExportOptions(Command command)
    {
        command.Arguments.Add(_sources);
        command.Options.Add(_devices);
        command.Options.Add(_onlyKnown);
        _access = new RegistryAccess(command);
    }

    /// <summary>Every export there is, verified, its device known or met just now.</summary>
    /// <exception cref="CarryOutException">One of them is refused; none is handed on then.</exception>
    public async Task<ExportSet> ReadAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var known = KnownDevices.Read(Path.GetFullPath(parsed.GetValue(_devices)!));
        var set = new ExportSet();
        try
        {
            foreach (string text in parsed.GetValue(_sources)!)
            {
                var source = set.Keep(Source.Open(text, _access.Read(parsed)));
                foreach (string tag in Tags(source, text))
                {
                    var fetched = (await source.Content.ResolveAsync(tag, null, cancellation))!;
                    var export = await Export.ReadAsync(source.Content, fetched, cancellation);
                    set.Add(export, source.Directory, known.Check(export, parsed.GetValue(_onlyKnown)));
                }
            }

            foreach (var (export, _, isNew) in set.Exports.Where(e => e.IsNew).DistinctBy(e => e.Export.Statement.Device))
                await Console.Error.WriteLineAsync($"edgeserve: device {export.Statement.Device} is met for the first time; its key is {export.Key.Fingerprint}: compare with `edgeserve device show` on the box");
            if (set.Exports.Any(e => e.IsNew))
                known.Save();
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    private static string[] Tags(Source source, string text)
    {
        if (source.Tag is not null)
            return [source.Tag];
        string[] tags = source.Content is ImageLayout layout
            ? [.. layout.Index().Manifests.Select(m => m.Annotation(AnnotationNames.RefName)).Where(CarryOutNames.IsExport).OfType<string>().Distinct()]
            : [];
        return tags.Length > 0 ? tags : throw new CarryOutException(
            CarryOutError.NotFound, $"{text} has no telemetry on it", source.Directory is null ? "Name the tag behind a colon." : "It was not in a box that is enrolled with a telemetry key, or everything of it is acknowledged.");
    }
}
