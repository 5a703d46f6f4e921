namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>The page by which the first tablet gets into a box without a screen. It throws nothing.</summary>
internal interface IFirstTabletCard
{
    /// <param name="why">There is none.</param>
    /// <returns>HTML with a code that works once; null when the box needs no such way in, or has none.</returns>
    byte[]? Write(out string why);

    /// <summary>The card was not delivered: its code works no longer.</summary>
    void TakeBack();
}
