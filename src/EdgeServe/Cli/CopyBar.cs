using Spectre.Console;

namespace EdgeServe.Cli;

/// <summary>A bar on standard error for bytes on their way.</summary>
internal static class CopyBar
{
    public static Task<T> RunAsync<T>(string what, long total, Func<IProgress<long>, Task<T>> work) => Terminal.Progress.Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
        .StartAsync(async context =>
        {
            var task = context.AddTask(what.EscapeMarkup(), maxValue: Math.Max(1, total));
            return await work(new Bar(task));
        });

    private sealed class Bar(ProgressTask task) : IProgress<long>
    {
        public void Report(long value) => task.Value = value;
    }
}
