using EdgeServe.Engine.Storage;

namespace EdgeServe.Tests.Engine.Storage;

public sealed class DataDirectoryTests
{
    [Fact]
    public void It_remembers_whether_the_last_run_ended()
    {
        using var folder = new TempFolder();
        using (var first = Taken(folder))
        {
            Assert.True(first.StoppedCleanly);
            first.MarkRunning();
        }

        using (var second = Taken(folder))
        {
            Assert.False(second.StoppedCleanly);
            second.MarkStopped();
        }

        using var third = Taken(folder);
        Assert.True(third.StoppedCleanly);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_broken_and_says_why()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["file"], "");
        var data = new DataDirectory(Path.Combine(folder["file"], "data"));
        var error = Assert.Throws<StorageException>(data.Take);
        Assert.Equal(StorageError.Broken, error.Error);
        Assert.False(data.IsTaken);
    }

    private static DataDirectory Taken(TempFolder folder)
    {
        var data = new DataDirectory(folder.Path);
        data.Take();
        return data;
    }
}
