using SQLitePCL;

namespace EdgeServe.Engine.Storage;

/// <summary>A parameter's value on its way into SQLite, none of them boxed.</summary>
internal readonly struct SqlValue
{
    private readonly object? _reference;
    private readonly long _number;

    private SqlValue(object? reference, long number)
    {
        _reference = reference;
        _number = number;
    }

    public static implicit operator SqlValue(long value) => new(null, value);

    public static implicit operator SqlValue(int value) => new(null, value);

    public static implicit operator SqlValue(string value) => new(value, 0);

    public static implicit operator SqlValue(byte[] value) => new(value, 0);

    /// <returns>SQLite's code.</returns>
    public int Bind(sqlite3_stmt statement, int index) => _reference switch
    {
        null => raw.sqlite3_bind_int64(statement, index, _number),
        string text => raw.sqlite3_bind_text(statement, index, text),
        _ => raw.sqlite3_bind_blob(statement, index, (byte[])_reference),
    };
}
