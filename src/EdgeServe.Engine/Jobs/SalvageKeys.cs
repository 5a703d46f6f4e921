using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// Idempotency keys of a damaged database. A key that is forgotten lets a late retry run twice; so one whose row cannot be
/// saved is taken from the index, which has every key a second time, and refuses from then on.
/// </summary>
internal static class SalvageKeys
{
    /// <summary>A row as it stands there, right or wrong.</summary>
    public static Row Read(SqliteDataReader row) =>
        new(row.GetString(1), row.GetString(2), row.GetFieldValue<byte[]>(3), row.GetFieldValue<byte[]>(4), row.GetInt64(5));

    public static void Copy(IEnumerable<(long Number, Row Value)> rows, Dictionary<long, (string Owner, string Key)> names, SalvageTarget target)
    {
        foreach (var (number, row) in rows)
        {
            var whole = row.IsIntact || !names.TryGetValue(number, out var name) ? row : row with { Owner = name.Owner, Key = name.Key };
            if (!whole.IsIntact)
                continue;
            target.AddKey(whole.Owner, whole.Key, whole.Body, JobId.From(whole.Id));
            names.Remove(number);
        }

        foreach (var (owner, key) in names.Values)
            target.NoteKey(owner, key);
    }

    /// <summary>What the index alone says, by row number: from its beginning, and from its end where that meets damage.</summary>
    public static Dictionary<long, (string Owner, string Key)> Names(SqliteConnection source)
    {
        var names = new Dictionary<long, (string, string)>();
        if (!Read(source, "ASC", names))
            Read(source, "DESC", names);
        return names;
    }

    private static bool Read(SqliteConnection source, string direction, Dictionary<long, (string, string)> names)
    {
        try
        {
            using var command = source.CreateCommand();
            command.CommandText = $"SELECT number,owner,key FROM keys INDEXED BY keys_key ORDER BY owner {direction}, key {direction}";
            using var reader = command.ExecuteReader();
            while (reader.Read())
                names.TryAdd(reader.GetInt64(0), (reader.GetString(1), reader.GetString(2)));
            return true;
        }
        catch (Exception e) when (e is SqliteException || SqliteErrors.IsNonsense(e))
        {
            return false;
        }
    }

    internal sealed record Row(string Owner, string Key, byte[] Body, byte[] Id, long Sum)
    {
        public bool IsIntact => Id.Length == 16 && JobSession.KeySum(Owner, Key, Body, Id) == Sum;
    }
}
