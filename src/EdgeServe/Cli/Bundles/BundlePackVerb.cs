using System.CommandLine;
using System.Globalization;
using EdgeServe.Engine.Bundles.Packing;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Telemetry.Drift;

namespace EdgeServe.Cli.Bundles;

/// <summary><c>edgeserve bundle pack</c>: the same files give the same digest, whenever and wherever.</summary>
internal static class BundlePackVerb
{
    public static Command Create()
    {
        var directory = new Argument<string>("DIR") { Description = "A version's folder, such as models/digits/1." };
        var layout = new Option<string>("--out") { Description = "The OCI image layout to add it to; made if it is not there.", HelpName = "LAYOUT", Required = true };
        var name = new Option<string?>("--name") { Description = "Model name; else the folder above says it.", HelpName = "NAME" };
        var version = new Option<long?>("--version") { Description = "Version; else the folder's name says it.", HelpName = "N" };
        var tag = new Option<string?>("--tag") { Description = "Its name in the layout; else NAME-VERSION.", HelpName = "TAG" };
        return new Command("pack", "Pack a version's folder as a bundle.") { directory, layout, name, version, tag }.WithAction(async (parsed, _) =>
        {
            string folder = Path.GetFullPath(parsed.GetValue(directory)!).TrimEnd('/');
            if (!Directory.Exists(folder))
                return Report.Errors([$"{folder} is not a folder"], ExitCodes.Usage);
            string model = parsed.GetValue(name) ?? Path.GetFileName(Path.GetDirectoryName(folder) ?? "");
            long number = parsed.GetValue(version) ?? (long.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out long read) ? read : 0);
            var errors = new List<string>();
            if (!ModelName.IsValid(model))
                errors.Add($"'{model}' is not a model name (lower-case letters and digits joined by '.', '_' or '-'); say it with --name");
            if (number <= 0)
                errors.Add($"'{Path.GetFileName(folder)}' is not a version; say it with --version");
            if (errors.Count > 0)
                return Report.Errors(errors, ExitCodes.Usage);

            if (Reference(folder) is { } useless)
                return Report.Errors([useless], ExitCodes.Failed);
            var key = new ModelVersionKey(model, number);
            string target = Path.GetFullPath(parsed.GetValue(layout)!);
            string named = parsed.GetValue(tag) ?? string.Create(CultureInfo.InvariantCulture, $"{model}-{number}");
            long total = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
            IReadOnlyList<string> wrong = [];
            var packed = await CopyBar.RunAsync($"Packing {key}", total, bar => Task.Run(() => BundlePacker.Pack(folder, key, target, named, new Sum(bar).Of, out wrong)));
            if (packed is null)
                return Report.Errors(wrong, ExitCodes.Failed);
            Console.Out.WriteLine($"{packed.Digest}  {target}:{named}  {Terminal.Bytes(total)}");
            return ExitCodes.Ok;
        });
    }

    /// <returns>What is wrong with the reference profile, which no device would use; null: nothing, or there is none.</returns>
    private static string? Reference(string folder)
    {
        string path = Path.Combine(folder, ModelLoader.ReadDefinition(new ModelFiles(new ModelVersionKey("bundle", 1), folder), []).Reference.File);
        try
        {
            if (File.Exists(path))
                DriftProfileJson.Read(File.ReadAllBytes(path));
            return null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return $"{path} is no reference profile: {e.Message} (make it with `edgeserve model profile`)";
        }
    }

    /// <summary>One bar for many files.</summary>
    private sealed class Sum(IProgress<long> bar)
    {
        private long _before;
        private long _last;

        public IProgress<long> Of(string path)
        {
            _before += _last;
            _last = 0;
            return new File(this);
        }

        private sealed class File(Sum sum) : IProgress<long>
        {
            public void Report(long value)
            {
                sum._last = value;
                sum.Report();
            }
        }

        private void Report() => bar.Report(_before + _last);
    }
}
