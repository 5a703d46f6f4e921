using System.Globalization;

namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>Rows of numbers from a text with commas. The first line may hold names; an empty cell or <c>nan</c> is missing.</summary>
internal static class CsvRows
{
    private const int MostLine = 1 << 20;

    /// <param name="lines">The file's.</param>
    /// <param name="columns">How many there must be.</param>
    /// <param name="names">The names of the first line; null: it holds numbers already.</param>
    /// <exception cref="InvalidDataException">Names the line, counted from one.</exception>
    public static IReadOnlyList<float[]> Read(IEnumerable<string> lines, int columns, out string[]? names)
    {
        names = null;
        var rows = new List<float[]>();
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            if (line.AsSpan().Trim().IsEmpty)
                continue;
            if (line.Length > MostLine)
                throw new InvalidDataException($"line {number} is longer than {MostLine} characters");
            string[] cells = line.Split(',');
            if (cells.Length != columns)
                throw new InvalidDataException($"line {number} has {cells.Length} columns, the model takes {columns} numbers a row; leave out labels and whatever else is no input");
            if (rows.Count == 0 && names is null && Array.Exists(cells, c => !TryNumber(c, out _)))
            {
                names = Names(cells, number);
                continue;
            }

            float[] row = new float[columns];
            for (int i = 0; i < columns; i++)
            {
                if (!TryNumber(cells[i], out row[i]))
                    throw new InvalidDataException($"line {number}, column {i + 1}: '{Short(cells[i])}' is no number; leave a missing one empty");
            }

            rows.Add(row);
        }

        return rows;
    }

    private static string[] Names(string[] cells, int line)
    {
        string[] names = [.. cells.Select(c => c.Trim().Trim('"').Trim())];
        if (Array.Exists(names, n => n.Length is 0 or > 100 || n.Any(char.IsControl)))
            throw new InvalidDataException($"line {line}: a column has no name, or one longer than 100 characters");
        return names.Distinct(StringComparer.Ordinal).Count() == names.Length ? names : throw new InvalidDataException($"line {line}: two columns have one name");
    }

    private static bool TryNumber(string cell, out float value)
    {
        var text = cell.AsSpan().Trim();
        value = float.NaN;
        return text.IsEmpty || text.Equals("nan", StringComparison.OrdinalIgnoreCase) || float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
