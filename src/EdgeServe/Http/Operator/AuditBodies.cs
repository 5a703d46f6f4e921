using System.Text.Json;

namespace EdgeServe.Http.Operator;

/// <param name="Sequence">Number of the last line; 0: there is none.</param>
/// <param name="Hash">Its SHA-256.</param>
internal sealed record AuditHeadBody(long Sequence, string Hash);

/// <param name="Head">To keep elsewhere and to compare with later.</param>
/// <param name="Lines">As they are written, newest first.</param>
/// <param name="Next">Cursor of the next page; absent on the last.</param>
internal sealed record AuditBody(AuditHeadBody Head, JsonElement[] Lines, string? Next);
