namespace EdgeServe.AcceptanceTests.Security;

/// <param name="Status">Of HTTP.</param>
/// <param name="Text">The body.</param>
/// <param name="Challenge">WWW-Authenticate.</param>
/// <param name="Code">Of the error; null: none.</param>
public sealed record AccessAnswer(int Status, string Text, string Challenge, string? Code);
