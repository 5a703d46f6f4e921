using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Models.Golden;

/// <summary>One thing an answer must fulfil.</summary>
internal interface IGoldenCheck
{
    CheckOutcome Apply(GoldenAnswer answer);
}

/// <param name="Failure">What is wrong; null when nothing is.</param>
/// <param name="Deviation">How far the answer is from the expected one, in the unit of the tolerance.</param>
/// <param name="Tolerance">How far it may be; 0 for checks that only hold or do not.</param>
internal readonly record struct CheckOutcome(string? Failure, double Deviation = 0, double Tolerance = 0)
{
    public static CheckOutcome Within(double deviation, double tolerance, string what) =>
        new(deviation <= tolerance ? null : $"{what}: off by {deviation:G4}, tolerance {tolerance:G4}", deviation, tolerance);
}
