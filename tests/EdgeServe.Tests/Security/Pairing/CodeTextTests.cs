using CsCheck;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Tests.Security.Pairing;

public sealed class CodeTextTests
{
    [Theory]
    [InlineData(CodeText.ShortLength)]
    [InlineData(CodeText.LongLength)]
    public void A_code_is_read_however_it_is_typed(int length) => Gen.Bool.Array[64].Sample(lower =>
    {
        string code = CodeText.Make(length);
        string shown = CodeText.Show(code);
        string typed = string.Concat(shown.Select((c, i) => (lower[i % 64] ? char.ToLowerInvariant(c) : c) + (lower[(i + 7) % 64] ? " " : "")));
        Assert.Equal(code, CodeText.Read(typed.Length <= 64 ? typed : shown));
    });

    [Fact]
    public void No_sign_looks_like_another()
    {
        // Each group: signs that people take for one another. At most one of each may be used.
        foreach (string alike in new[] { "0OQD", "1IL", "2Z", "5S", "6G", "8B", "UV" })
            Assert.InRange(alike.Count(CodeText.Signs.Contains), 0, 1);
        Assert.Equal(CodeText.Signs.Length, CodeText.Signs.Distinct().Count());
    }

    [Fact]
    public void Codes_have_the_entropy_that_is_documented()
    {
        Assert.Equal(37.1, CodeText.ShortLength * Math.Log2(CodeText.Signs.Length), 0.1);
        Assert.Equal(92.9, CodeText.LongLength * Math.Log2(CodeText.Signs.Length), 0.1);
        // Every sign in every place: none is left out by the way they are made.
        var seen = Enumerable.Range(0, 2000).SelectMany(_ => CodeText.Make(CodeText.ShortLength).Select((c, i) => (c, i))).Distinct().Count();
        Assert.Equal(CodeText.Signs.Length * CodeText.ShortLength, seen);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ACDE-FHJ")]
    [InlineData("ACDE-FHJK-M")]
    [InlineData("ACDE-FHJ0")]
    [InlineData("ACDE/FHJK")]
    [InlineData("ACDE-FHJ\u212A")]
    public void What_is_no_code_is_not_read(string typed) => Assert.Null(CodeText.Read(typed));

    [Fact]
    public void A_flood_of_signs_is_not_read() => Assert.Null(CodeText.Read(new string('-', 1_000_000)));
}
