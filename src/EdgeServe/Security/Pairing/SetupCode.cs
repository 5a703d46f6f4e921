using EdgeServe.Engine.Storage;
using EdgeServe.Security.Keys;

namespace EdgeServe.Security.Pairing;

/// <summary>
/// The one long code of a box, for a card: in <c>device/setup-code</c>, hashed, twice. It stays good over restarts until it is
/// used, replaced or locked; each of that is on the disk before anybody is told. Not to be called from two threads at once.
/// </summary>
internal sealed class SetupCode(string directory)
{
    private readonly DoubledFile _file = new(Path.Combine(directory, "setup-code"), secret: true);

    /// <returns>What is kept; null when there is none, or none that can be read, which nobody can use either.</returns>
    /// <exception cref="StorageException">The disk does not say.</exception>
    public StoredSetupCode? Kept() => Disk("read", () => _file.Read() is { } content ? StoredSetupCode.Read(content) : null);

    /// <summary>A new code in the place of the one before.</summary>
    /// <returns>The only copy of its text.</returns>
    public string Replace(Scope scope)
    {
        string code = CodeText.Make(CodeText.LongLength);
        Keep(new StoredSetupCode(StoredSetupCode.Current, CodeText.Hash(code).ToString(), scope, PairingState.Open, 0));
        return code;
    }

    /// <summary>Durable when it returns, in both copies: no damaged one brings a used code back.</summary>
    public void Keep(StoredSetupCode code) => Disk("written", () =>
    {
        _file.WriteBoth(code.Write());
        return true;
    });

    private static T Disk<T>(string done, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(DiskErrors.Describe(e).Error, $"the setup code cannot be {done}: {e.Message}", "edgeserve doctor looks at the disk.", e);
        }
    }
}
