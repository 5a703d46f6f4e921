using EdgeServe.Engine.Storage;

namespace EdgeServe.Tests.Engine.Storage;

public sealed class DatabaseTests
{
    private const string Migrations = "jobs.migrations.";

    [Fact]
    public void Commits_are_synchronous_and_logged_ahead()
    {
        using var folder = new TempFolder();
        using var connection = Database.OpenWriter(folder["jobs.db"], Migrations);
        Assert.Equal("wal", Database.TextOf(connection, "PRAGMA journal_mode"));
        const int full = 2;
        Assert.Equal(full, Database.ScalarOf(connection, "PRAGMA synchronous"));
    }

    [Fact]
    public void A_newer_schema_is_refused_and_left_alone()
    {
        using var folder = new TempFolder();
        using (var connection = Database.OpenWriter(folder["jobs.db"], Migrations))
            Database.Execute(connection, "PRAGMA user_version=999");
        var error = Assert.Throws<StorageException>(() => Database.OpenWriter(folder["jobs.db"], Migrations));
        Assert.Equal(StorageError.NewerSchema, error.Error);
        Assert.Contains("999", error.Message, StringComparison.Ordinal);
        using var reader = Database.OpenReader(folder["jobs.db"]);
        Assert.Equal(999, Database.ScalarOf(reader, "PRAGMA user_version"));
    }

    [Fact]
    public void A_program_on_trial_migrates_nothing_and_uses_what_needs_no_migration()
    {
        using var folder = new TempFolder();
        using (var connection = Database.OpenWriter(folder["jobs.db"], Migrations))
            Database.Execute(connection, "PRAGMA user_version=1");
        var error = Assert.Throws<StorageException>(() => Database.OpenWriter(folder["jobs.db"], Migrations, held: true));
        Assert.Equal(StorageError.Broken, error.Error);
        using (var reader = Database.OpenReader(folder["jobs.db"]))
            Assert.Equal(1, Database.ScalarOf(reader, "PRAGMA user_version"));
        using (Database.OpenWriter(folder["new.db"], Migrations))
        {
        }

        using var open = Database.OpenWriter(folder["new.db"], Migrations, held: true);
        Assert.True(Database.ScalarOf(open, "PRAGMA user_version") > 1);
    }

    [Fact]
    public void Opening_twice_migrates_once()
    {
        using var folder = new TempFolder();
        int newest = typeof(Database).Assembly.GetManifestResourceNames().Count(n => n.Contains(Migrations, StringComparison.OrdinalIgnoreCase));
        for (int i = 0; i < 2; i++)
        {
            using var connection = Database.OpenWriter(folder["jobs.db"], Migrations);
            Assert.Equal(newest, Database.ScalarOf(connection, "PRAGMA user_version"));
        }
    }

    [Fact]
    public void The_library_that_ships_is_new_enough_and_an_old_one_is_refused()
    {
        SqliteLibrary.AssertVersion(SqliteLibrary.Version);
        Assert.Throws<StorageException>(() => SqliteLibrary.AssertVersion("3.40.1"));
    }
}
