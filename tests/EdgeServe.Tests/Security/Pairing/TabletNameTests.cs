using CsCheck;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Tests.Security.Pairing;

public sealed class TabletNameTests
{
    [Fact]
    public void Whatever_a_tablet_calls_itself_becomes_a_name() => Gen.String.Sample(said => KeyWish.CheckName(TabletName.Clean(said)));

    [Theory]
    [InlineData(null, "tablet")]
    [InlineData("  \u202E/\u0007 ", "tablet")]
    [InlineData("..", "tablet")]
    [InlineData(" Salle\t3 / étage\u200B 2 ", "Salle 3 étage 2")]
    [InlineData("<b>\"x\"</b>", "<b>\"x\"< b>")]
    public void What_has_no_place_in_a_name_is_left_out(string? said, string name) => Assert.Equal(name, TabletName.Clean(said));

    [Fact]
    public void A_long_name_is_cut_between_characters()
    {
        string cut = TabletName.Clean(new string('a', 55) + "😀😀😀");
        Assert.Equal(new string('a', 55), cut);
        KeyWish.CheckName(cut + " 499");
    }
}
