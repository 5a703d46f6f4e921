namespace EdgeServe.Engine.Inference;

/// <summary>One entry of a request's <c>outputs</c>.</summary>
/// <param name="Name">Output name.</param>
/// <param name="BinaryData">Wanted as binary bytes; null: the request's default.</param>
/// <param name="Classification">Top classes wanted instead of the tensor; 0: the tensor.</param>
public readonly record struct RequestedOutput(string Name, bool? BinaryData, int Classification);
