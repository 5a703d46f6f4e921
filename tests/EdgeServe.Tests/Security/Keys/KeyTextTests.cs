using CsCheck;
using EdgeServe.Security.Keys;

namespace EdgeServe.Tests.Security.Keys;

public sealed class KeyTextTests
{
    [Fact]
    public void A_key_is_read_as_it_was_made_and_no_two_are_alike()
    {
        var seen = new HashSet<KeyHash>();
        for (int i = 0; i < 200; i++)
        {
            string text = KeyText.Make(out var made);
            Assert.Equal(KeyText.Length, text.Length);
            Assert.True(KeyText.TryHash(text, out var read));
            Assert.Equal(made, read);
            Assert.True(KeyHash.TryParse(made.ToString(), out var parsed));
            Assert.Equal(made, parsed);
            Assert.True(seen.Add(made));
        }
    }

    [Fact]
    public void One_wrong_character_is_told_from_a_wrong_key()
    {
        string text = KeyText.Make(out _);
        for (int i = 0; i < text.Length; i++)
        {
            char[] wrong = text.ToCharArray();
            wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
            Assert.False(KeyText.TryHash(wrong, out _), $"character {i}");
            wrong[i] = 'é';
            Assert.False(KeyText.TryHash(wrong, out _), $"character {i}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("esk_")]
    [InlineData("esk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("ESK_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_key_is_refused(string text) => Assert.False(KeyText.TryHash(text, out _));

    [Fact]
    public void Nothing_that_a_stranger_sends_throws() =>
        Gen.String.Sample(text => Assert.False(KeyText.TryHash(text, out _) || KeyText.TryHash("esk_" + text.PadRight(48)[..48], out _)));
}
