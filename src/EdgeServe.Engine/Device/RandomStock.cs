using System.Security.Cryptography;

namespace EdgeServe.Engine.Device;

/// <summary>
/// Randomness for names and nonces, drawn from the system's generator many at a time: for a few bytes its call costs more
/// than all else that is done with them. What was handed out is wiped. Not for keys.
/// </summary>
internal static class RandomStock
{
    private const int Drawn = 1024;
    [ThreadStatic]
    private static byte[]? _stock;
    [ThreadStatic]
    private static int _left;

    /// <param name="target">Up to <see cref="Drawn"/> bytes.</param>
    public static void Fill(Span<byte> target)
    {
        byte[] stock = _stock ??= new byte[Drawn];
        if (_left < target.Length)
        {
            RandomNumberGenerator.Fill(stock);
            _left = Drawn;
        }

        var taken = stock.AsSpan(_left -= target.Length, target.Length);
        taken.CopyTo(target);
        taken.Clear();
    }
}
