namespace EdgeServe.Engine.Models.Golden;

/// <summary>
/// A request whose answer is known from elsewhere: what a model must still say on this very device. A sample of several
/// steps feeds outputs of one step back as inputs of the next, as a streaming client would.
/// </summary>
/// <param name="Name">File name without extension.</param>
/// <param name="Description">What it shows; may be empty.</param>
/// <param name="Feedback">Output name to input name.</param>
/// <param name="Steps">At least one.</param>
internal sealed record GoldenSample(string Name, string Description, IReadOnlyDictionary<string, string> Feedback, GoldenStep[] Steps);

/// <param name="Body">An inference request as the protocol sends it.</param>
/// <param name="HeaderLength">Length of its JSON header; null for a body that is JSON throughout.</param>
/// <param name="Checks">What the answer must fulfil.</param>
internal sealed record GoldenStep(byte[] Body, long? HeaderLength, IGoldenCheck[] Checks);
