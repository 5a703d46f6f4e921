using Microsoft.AspNetCore.Http;

namespace EdgeServe.TestCollector;

/// <summary>What becomes of one request.</summary>
/// <param name="context">The request; its body is unread.</param>
/// <param name="ledger">Where what is kept goes.</param>
public delegate Task CollectorAnswer(HttpContext context, Ledger ledger);
