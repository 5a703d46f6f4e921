namespace EdgeServe.Engine.Inference.Oip;

/// <summary>Objects and arrays inside each other beyond the protocol's limit.</summary>
internal sealed class NestingTooDeepException() : FormatException("JSON nesting depth exceeds maximum allowed limit (100)");
