using System.Runtime.InteropServices;
using EdgeServe.Engine.Updates;

namespace EdgeServe.Tests.Engine.Updates;

public sealed partial class QuietThreadTests
{
    [Fact]
    public async Task Work_stays_on_one_thread_of_low_priority_over_its_waits()
    {
        var threads = new HashSet<int>();
        var priorities = new HashSet<int>();
        await QuietThread.RunAsync("test", async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                threads.Add(Environment.CurrentManagedThreadId);
                priorities.Add(GetPriority(0, 0));
                await Task.Run(() => { }, TestContext.Current.CancellationToken);
                await Task.Yield();
            }
        });
        Assert.Single(threads);
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads);
        if (OperatingSystem.IsLinux())
            Assert.All(priorities, p => Assert.True(p > GetPriority(0, 0), $"nice {p}"));
    }

    [Fact]
    public async Task What_it_throws_reaches_who_waits_at_once_or_later()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => QuietThread.RunAsync("test", () => throw new InvalidDataException()));
        await Assert.ThrowsAsync<InvalidDataException>(() => QuietThread.RunAsync("test", async () =>
        {
            await Task.Yield();
            throw new InvalidDataException();
        }));
        using var cancelled = new CancellationTokenSource();
        var waiting = QuietThread.RunAsync("test", () => Task.Delay(Timeout.Infinite, cancelled.Token));
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task What_nobody_waited_for_goes_on_when_the_work_has_ended()
    {
        var go = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        await QuietThread.RunAsync("test", () =>
        {
            _ = LeftAsync();
            return Task.CompletedTask;
        });
        go.SetResult();
        await left.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        async Task LeftAsync()
        {
            await go.Task;
            left.SetResult();
        }
    }

    [LibraryImport("libc", EntryPoint = "getpriority")]
    private static partial int GetPriority(int which, uint who);
}
