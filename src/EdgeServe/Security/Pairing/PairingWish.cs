using EdgeServe.Security.Keys;

namespace EdgeServe.Security.Pairing;

/// <summary>What a tablet gets that pairs.</summary>
/// <param name="Name">Of its key; null: what the tablet calls itself.</param>
/// <param name="Scope">What it may do.</param>
/// <param name="Models">The only models it may use; empty: all.</param>
internal sealed record PairingWish(string? Name, Scope Scope, string[] Models)
{
    /// <exception cref="KeyException">There can be no such key.</exception>
    public void Check() => Key(Name ?? TabletName.Nameless).Check();

    public KeyWish Key(string name) => new(name, Scope, Models, null, null);
}
