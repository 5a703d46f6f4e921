using System.Globalization;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Telemetry.Drift;

namespace EdgeServe.Tests.Engine.Telemetry.Drift;

/// <summary>The breast-cancer data: real rows for streams, and the profile that ships.</summary>
internal static class Tumours
{
    public static string Root { get; } = FindRoot();

    public static string DataFile { get; } = Path.Combine(Root, "tests", "Data", "breast-cancer.csv");

    public static float[][] Rows { get; } = [.. CsvRows.Read(File.ReadLines(DataFile), 30, out _)];

    /// <summary>Standard deviation of each feature.</summary>
    public static float[] Deviations { get; } = [.. Enumerable.Range(0, 30).Select(i =>
    {
        double mean = Rows.Average(r => (double)r[i]);
        return (float)Math.Sqrt(Rows.Average(r => Math.Pow(r[i] - mean, 2)));
    })];

    public static string ModelFolder { get; } = Path.Combine(Root, "models", "breast-cancer", "1");

    public static DriftProfile Profile { get; } = DriftProfileJson.Read(File.ReadAllBytes(Path.Combine(ModelFolder, "reference.json")));

    public static ReferenceDefinition Definition { get; } = ModelDefinitionJson.Read(File.ReadAllBytes(Path.Combine(ModelFolder, "model.json")), out _).Reference;

    /// <summary>A row drawn from the data, with some features moved up by one standard deviation.</summary>
    public static float[] Draw(Random random, params int[] shifted)
    {
        float[] row = [.. Rows[random.Next(Rows.Length)]];
        foreach (int feature in shifted)
            row[feature] += Deviations[feature];
        return row;
    }

    /// <summary>A window over the shipped profile's inputs alone, with the shipped limits.</summary>
    public static DriftWindow Window(DriftProfile? profile = null) =>
        new((profile ?? Profile) with { Output = null, Classes = [], Confidence = null }, Definition.Window, Definition.PsiWarn, Definition.PsiAlarm);

    /// <summary>Counts one row and looks when a step is full.</summary>
    public static DriftChange? Take(this DriftWindow window, float[] row) => window.Add(row, answered: false, 0, float.NaN) ? window.Look() : null;

    public static int[] Two(Random random)
    {
        int first = random.Next(30);
        return [first, (first + 1 + random.Next(29)) % 30];
    }

    private static string FindRoot()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "EdgeServe.sln")))
            directory = Path.GetDirectoryName(directory)!;
        return directory;
    }
}
