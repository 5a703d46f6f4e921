namespace EdgeServe.Security;

/// <summary>
/// Whose key a connection of HTTP/1.1 sent last. The transport hands out the very same string while the header stays the
/// same, so that it is known again without a look at what it says: no hash, and no comparison whose time could tell
/// anything. Any change of the keys makes it forget.
/// </summary>
internal sealed class RecentKey
{
    private volatile Known? _known;

    /// <param name="header">The header's value: this object, not one like it.</param>
    /// <param name="table">The keys as they are now.</param>
    public Caller? Find(string header, object table) =>
        _known is { } known && ReferenceEquals(known.Header, header) && ReferenceEquals(known.Table, table) ? known.Caller : null;

    public void Remember(string header, object table, Caller caller) => _known = new Known(header, table, caller);

    private sealed record Known(string Header, object Table, Caller Caller);
}
