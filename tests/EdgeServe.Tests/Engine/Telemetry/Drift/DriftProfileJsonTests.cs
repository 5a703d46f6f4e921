using System.Text;
using CsCheck;
using EdgeServe.Engine.Telemetry.Drift;

namespace EdgeServe.Tests.Engine.Telemetry.Drift;

public sealed class DriftProfileJsonTests
{
    private const string Good = """{"format":1,"rows":10,"features":[{"name":"a","edges":[0,1.5],"counts":[0,9,1,0]}],"output":{"name":"o","classes":[4,6],"confidence":[0,0,0,0,0,1,1,1,1,1,5,0,0]}}""";

    [Fact]
    public void A_profile_comes_back_as_it_was_written()
    {
        var profile = DriftProfileJson.Read(Encoding.UTF8.GetBytes(Good));
        Assert.Equal(Good, Encoding.UTF8.GetString(DriftProfileJson.Write(profile)));
        byte[] shipped = DriftProfileJson.Write(Tumours.Profile);
        Assert.Equal(shipped, DriftProfileJson.Write(DriftProfileJson.Read(shipped)));
    }

    [Fact]
    public void The_shipped_profile_counts_all_rows_of_the_data()
    {
        Assert.Equal(569, Tumours.Profile.Rows);
        Assert.All(Tumours.Profile.Features, f => Assert.Equal(569, f.Counts.Sum()));
        for (int i = 0; i < 30; i++)
        {
            var feature = Tumours.Profile.Features[i];
            long[] counts = new long[feature.Counts.Length];
            foreach (float[] row in Tumours.Rows)
                counts[feature.Edges.Count(e => row[i] >= e)]++;
            Assert.Equal(counts, feature.Counts);
        }
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{}", "key")]
    [InlineData("""{"format":2,"rows":1,"features":[]}""", "format is 2")]
    [InlineData("""{"format":1,"rows":0,"features":[]}""", "rows is 0")]
    [InlineData("""{"format":1,"rows":1,"features":[]}""", "neither features nor")]
    [InlineData("""{"format":1,"rows":1,"features":{}}""", "")]
    [InlineData("""{"format":1,"rows":1,"features":[{"name":"a","edges":[1,1],"counts":[0,1,0,0]}]}""", "do not rise")]
    [InlineData("""{"format":1,"rows":1,"features":[{"name":"a","edges":[1,1e99],"counts":[0,1,0,0]}]}""", "")]
    [InlineData("""{"format":1,"rows":1,"features":[{"name":"a","edges":[1],"counts":[0,1,0]}]}""", "has 1 edges")]
    [InlineData("""{"format":1,"rows":1,"features":[{"name":"a","edges":[1,2,3,4,5,6,7,8,9,10,11,12],"counts":[0,1,0]}]}""", "has 12 edges")]
    [InlineData("""{"format":1,"rows":1,"features":[{"name":"a","edges":[1,2],"counts":[0,1,0]}]}""", "3 counts")]
    [InlineData("""{"format":1,"rows":1,"features":[{"name":"a","edges":[1,2],"counts":[0,-1,0,0]}]}""", "negative")]
    [InlineData("""{"format":1,"rows":1,"features":[{"name":"a","edges":[1,2],"counts":[0,0,0,0]}]}""", "all zero")]
    [InlineData("""{"format":1,"rows":1,"features":[{"name":"","edges":[1,2],"counts":[0,1,0,0]}]}""", "name")]
    [InlineData("""{"format":1,"rows":1,"features":[{"name":"a","name":"b","edges":[1,2],"counts":[0,1,0,0]}]}""", "")]
    [InlineData("""{"format":1,"rows":1,"features":[{"name":"a","edges":[1,2],"counts":[0,1,0,0]},{"name":"a","edges":[1,2],"counts":[0,1,0,0]}]}""", "one name")]
    [InlineData("""{"format":1,"rows":1,"features":[],"output":{"name":"o","classes":[],"confidence":[1]}}""", "13 belong there")]
    [InlineData("""{"format":1,"rows":1.5,"features":[]}""", "")]
    [InlineData("""{"format":1,"rows":1,"features":[[[[[[[[[[]]]]]]]]]]}""", "")]
    public void A_hostile_profile_is_refused_with_the_reason(string json, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => DriftProfileJson.Read(Encoding.UTF8.GetBytes(json))).Message, StringComparison.Ordinal);

    [Fact]
    public void Any_damage_is_refused_or_reads_as_a_profile_that_writes_again()
    {
        byte[] good = Encoding.UTF8.GetBytes(Good);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Sample((at, value, cut) =>
        {
            byte[] damaged = [.. good];
            damaged[at] = value;
            damaged = cut == 0 ? damaged : damaged[..cut];
            try
            {
                DriftProfileJson.Read(DriftProfileJson.Write(DriftProfileJson.Read(damaged)));
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
        });
    }

    [Fact]
    public void Too_large_a_file_is_not_even_parsed() =>
        Assert.Contains("is the most", Assert.Throws<InvalidDataException>(() => DriftProfileJson.Read(new byte[DriftProfileJson.MostBytes + 1])).Message, StringComparison.Ordinal);
}
