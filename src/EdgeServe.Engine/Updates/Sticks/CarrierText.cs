namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>What the person with the stick is told.</summary>
/// <param name="Tone">Colour and symbol.</param>
/// <param name="Title">Two or three words.</param>
/// <param name="Sentence">What happened.</param>
/// <param name="Next">What to do now.</param>
internal sealed record CarrierText(CarrierTone Tone, string Title, string Sentence, string Next);
