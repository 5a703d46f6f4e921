namespace EdgeServe.Cli;

/// <param name="Key">As in <c>appsettings.json</c>, sections joined by colons.</param>
/// <param name="Value">In force; secrets are hidden.</param>
/// <param name="Source">Where it comes from: default, a file, environment, flag.</param>
internal sealed record SettingRow(string Key, string Value, string Source);
