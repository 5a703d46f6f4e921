using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Tests.Engine.Storage;

public sealed class SingleWriterTests
{
    private const int Corrupt = 11;
    private const int InputOutput = 10;

    [Fact]
    public async Task What_waits_shares_one_commit()
    {
        var session = new FakeWriteSession();
        await using var writer = Start(() => session);
        session.Hold();
        var first = writer.RunAsync(s => 0);
        await session.Committing;
        var rest = Enumerable.Range(1, 100).Select(i => writer.RunAsync(s => i)).ToArray();
        Assert.False(first.IsCompleted);
        session.LetGo();
        await first;
        Assert.Equal(Enumerable.Range(1, 100), await Task.WhenAll(rest));
        Assert.Equal(2, session.Commits);
    }

    [Fact]
    public async Task Nobody_hears_yes_before_the_commit()
    {
        var session = new FakeWriteSession();
        await using var writer = Start(() => session);
        session.Hold();
        var written = writer.RunAsync(s => 1);
        await session.Committing;
        Assert.False(written.IsCompleted);
        Assert.Equal(0, session.Published);
        session.LetGo();
        await written;
        Assert.Equal(1, session.Published);
    }

    [Fact]
    public async Task One_that_fails_fails_alone()
    {
        var session = new FakeWriteSession();
        await using var writer = Start(() => session);
        session.Hold();
        var first = writer.RunAsync(s => 0);
        await session.Committing;
        var good = writer.RunAsync(s => 1);
        var bad = writer.RunAsync<int>(s => throw new InvalidOperationException("mine"));
        var alsoGood = writer.RunAsync(s => 2);
        session.LetGo();
        await first;
        Assert.Equal(1, await good);
        Assert.Equal(2, await alsoGood);
        Assert.Equal("mine", (await Assert.ThrowsAsync<InvalidOperationException>(() => bad)).Message);
    }

    [Theory]
    [InlineData(InputOutput, StorageError.OutcomeUnknown)]
    [InlineData(13, StorageError.Full)]
    [InlineData(8, StorageError.Broken)]
    [InlineData(Corrupt, StorageError.Broken)]
    public async Task A_commit_that_fails_tells_all_and_begins_again_with_fresh_files(int code, StorageError expected)
    {
        var troubles = new List<StorageException?>();
        int opened = 0;
        var session = new FakeWriteSession { CommitError = new SqliteException("no", code) };
        await using var writer = new SingleWriter<FakeWriteSession>("test", () =>
        {
            opened++;
            return opened == 1 ? session : new FakeWriteSession();
        }, troubles.Add, TimeProvider.System);
        writer.Start();
        var error = await Assert.ThrowsAsync<StorageException>(() => writer.RunAsync(s => 1));
        Assert.Equal(expected, error.Error);
        Assert.True(session.IsDisposed);
        Assert.Equal(2, await writer.RunAsync(s => 2));
        Assert.Equal(2, opened);
        Assert.Null(troubles[^1]);
    }

    [Fact]
    public async Task Files_that_do_not_open_are_tried_again()
    {
        bool broken = true;
        await using var writer = Start(() => broken ? throw new StorageException(StorageError.Broken, "away") : new FakeWriteSession());
        var error = await Assert.ThrowsAsync<StorageException>(() => writer.RunAsync(s => 1));
        Assert.Equal("away", error.Message);
        broken = false;
        int written = 0;
        while (written == 0)
        {
            try
            {
                written = await writer.RunAsync(s => 3);
            }
            catch (StorageException)
            {
                await Task.Yield();
            }
        }

        Assert.Equal(3, written);
    }

    private static SingleWriter<FakeWriteSession> Start(Func<FakeWriteSession> open)
    {
        var writer = new SingleWriter<FakeWriteSession>("test", open, _ => { }, TimeProvider.System);
        writer.Start();
        return writer;
    }
}
