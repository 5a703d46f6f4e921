using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace EdgeServe.Engine.Storage;

/// <summary>
/// A prepared statement with parameters <c>?1</c>, <c>?2</c>… of one connection, compiled at its first use. What only writes
/// binds by position through the library's own interface: the ADO.NET one looks every parameter up by name, every time.
/// </summary>
internal sealed class Statement(SqliteConnection connection, string sql) : IDisposable
{
    private SqliteCommand? _command;
    private sqlite3_stmt? _prepared;

    /// <exception cref="SqliteException">With the library's code, as from ADO.NET.</exception>
    public int Execute(params ReadOnlySpan<SqlValue> values)
    {
        var database = connection.Handle!;
        if (_prepared is null)
            Check(raw.sqlite3_prepare_v2(database, sql, out _prepared));
        for (int i = 0; i < values.Length; i++)
            Check(values[i].Bind(_prepared, i + 1));
        int result = raw.sqlite3_step(_prepared);
        // The reset repeats the step's error: the first one says it.
        if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            var error = Error(result);
            raw.sqlite3_reset(_prepared);
            throw error;
        }

        Check(raw.sqlite3_reset(_prepared));
        return raw.sqlite3_changes(database);
    }

    public SqliteDataReader Query(params ReadOnlySpan<object> values)
    {
        if (_command is null)
        {
            _command = connection.CreateCommand();
            _command.CommandText = sql;
        }

        for (int i = _command.Parameters.Count; i < values.Length; i++)
            _command.Parameters.Add(new SqliteParameter { ParameterName = "?" + (i + 1) });
        for (int i = 0; i < values.Length; i++)
            _command.Parameters[i].Value = values[i];
        return _command.ExecuteReader();
    }

    public long Number(params ReadOnlySpan<object> values)
    {
        using var reader = Query(values);
        return reader.Read() && !reader.IsDBNull(0) ? reader.GetInt64(0) : 0;
    }

    public void Dispose()
    {
        _command?.Dispose();
        _prepared?.Dispose();
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
            throw Error(result);
    }

    private SqliteException Error(int result) =>
        new(raw.sqlite3_errmsg(connection.Handle!).utf8_to_string(), result & 0xFF, raw.sqlite3_extended_errcode(connection.Handle!));
}
