using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Storage;

/// <summary>A prepared statement with parameters <c>?1</c>, <c>?2</c>… of one connection, compiled at its first use.</summary>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand _command;

    public Statement(SqliteConnection connection, string sql)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
    }

    public int Execute(params ReadOnlySpan<object> values)
    {
        Bind(values);
        return _command.ExecuteNonQuery();
    }

    public SqliteDataReader Query(params ReadOnlySpan<object> values)
    {
        Bind(values);
        return _command.ExecuteReader();
    }

    public long Number(params ReadOnlySpan<object> values)
    {
        using var reader = Query(values);
        return reader.Read() && !reader.IsDBNull(0) ? reader.GetInt64(0) : 0;
    }

    public void Dispose() => _command.Dispose();

    private void Bind(ReadOnlySpan<object> values)
    {
        for (int i = _command.Parameters.Count; i < values.Length; i++)
            _command.Parameters.Add(new SqliteParameter { ParameterName = "?" + (i + 1) });
        for (int i = 0; i < values.Length; i++)
            _command.Parameters[i].Value = values[i];
    }
}
