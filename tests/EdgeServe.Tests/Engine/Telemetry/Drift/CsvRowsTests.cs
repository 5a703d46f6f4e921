using EdgeServe.Engine.Telemetry.Drift;

namespace EdgeServe.Tests.Engine.Telemetry.Drift;

public sealed class CsvRowsTests
{
    [Fact]
    public void Rows_come_with_and_without_a_line_of_names()
    {
        Assert.Equal([[1, 2.5f], [3, float.NaN]], CsvRows.Read(["a,\"b c\"", "1,2.5", "", "3,"], 2, out string[]? names));
        Assert.Equal(["a", "b c"], names!);
        Assert.Equal([[1, -2e3f], [float.NaN, 4]], CsvRows.Read(["1,-2e3", "nan,4"], 2, out names));
        Assert.Null(names);
    }

    [Theory]
    [InlineData("1,2,3", "line 1 has 3 columns")]
    [InlineData("1,2\n1,x", "line 2, column 2: 'x' is no number")]
    [InlineData("a,a\n1,2", "two columns have one name")]
    [InlineData("a,\n1,2", "no name")]
    public void A_bad_line_is_named(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => CsvRows.Read(text.Split('\n'), 2, out _)).Message, StringComparison.Ordinal);
}
