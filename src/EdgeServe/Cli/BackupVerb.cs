using System.CommandLine;
using EdgeServe.Cli.Audit;
using EdgeServe.Cli.Tablets;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace EdgeServe.Cli;

/// <summary><c>edgeserve backup create | restore</c>: moves a box to a new card.</summary>
internal static class BackupVerb
{
    private const string Passphrase = "EDGESERVE_BACKUP_PASSPHRASE";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static Command Create() => new("backup", "Copy the jobs of this box into a file, and back.") { CreateCommand(), RestoreCommand() };

    private static Command CreateCommand()
    {
        var file = new Argument<string>("FILE") { Description = "The backup to write." };
        return new Command("create", "Write a backup, of a running service or of a data directory at rest.") { file }.WithConfiguration((parsed, configuration, cancellation) =>
            GuardAsync(async () =>
            {
                string directory = configuration.Options.Server.DataDirectory;
                string target = parsed.GetValue(file)!;
                string? passphrase = Environment.GetEnvironmentVariable(Passphrase);
                var seal = string.IsNullOrEmpty(passphrase) ? null : BackupSeal.Of(passphrase);
                await Terminal.Progress.Status().StartAsync("Writing " + target.EscapeMarkup(), async _ =>
                {
                    try
                    {
                        await using (var output = new FileStream(target + ".tmp", OnlyForOwner()))
                        {
                            if (DataDirectory.OwnerOf(directory) is null)
                                await AtRestAsync(directory, output, seal, cancellation);
                            else
                                await FromServiceAsync(directory, output, seal, cancellation);
                            output.Flush(flushToDisk: true);
                        }

                        File.Move(target + ".tmp", target, overwrite: true);
                    }
                    finally
                    {
                        if (File.Exists(target + ".tmp"))
                            File.Delete(target + ".tmp");
                    }
                });
                Console.Error.WriteLine($"Wrote {target}, {Terminal.Bytes(new FileInfo(target).Length)}. The keys of its jobs are in it, {(seal is null ? $"not encrypted: keep it where nobody else reads, or set {Passphrase}" : $"encrypted by {Passphrase}")}.");
                return ExitCodes.Ok;
            }));
    }

    private static Command RestoreCommand()
    {
        var file = new Argument<string>("FILE") { Description = "A backup." };
        var force = new Option<bool>("--force") { Description = "Replace the jobs that are there." };
        return new Command("restore", "Put a backup into a data directory that no service uses.") { file, force }.WithConfiguration((parsed, configuration, cancellation) =>
            GuardAsync(() =>
            {
                using var data = new DataDirectory(configuration.Options.Server.DataDirectory);
                data.TakeByHand();
                if (File.Exists(data.Jobs) && !parsed.GetValue(force))
                    return Task.FromResult(Report.Errors([$"there are jobs in {data.Path} already; --force replaces them"], ExitCodes.Usage));
                int count = 0;
                Terminal.Progress.Status().Start("Restoring", _ =>
                {
                    using var source = File.OpenRead(parsed.GetValue(file)!);
                    using var keys = Keys(data);
                    count = BackupReader.Restore(source, data, keys, Environment.GetEnvironmentVariable(Passphrase), cancellation);
                });
                Note(data, "backup.restored", $"{count} files of a backup took the place of the jobs that were here");
                Console.Error.WriteLine($"Restored {count} files into {data.Path}. Do not start the old box again: it would run the same jobs.");
                return Task.FromResult(ExitCodes.Ok);
            }));
    }

    private static async Task AtRestAsync(string directory, Stream output, BackupSeal? seal, CancellationToken cancellation)
    {
        using var data = new DataDirectory(directory);
        // Before it is taken, which would make it.
        if (!File.Exists(data.Jobs))
            throw new ServiceException($"there are no jobs in {data.Path}", "Name the data directory with --data DIR.");
        data.TakeByHand();
        bool hadLog = File.Exists(data.Jobs + "-wal");
        using (var keys = Keys(data))
        {
            keys.Open();
            // The writer's way to open it: a database of an older program gets what this one looks for.
            using var connection = Database.OpenWriter(data.Jobs, JobStorage.Migrations);
            await BackupWriter.WriteAsync(data, connection, new PayloadFiles(data.Payloads, keys), new BackupKeys(keys, seal), output, cancellation);
        }

        Note(data, "backup.made", $"A backup of the jobs of every owner was made, the keys in it {(seal is null ? "not " : "")}encrypted");
        // After a crash the connection that closes last puts the log into the database: nobody took it away.
        if (hadLog && !File.Exists(data.Jobs + "-wal"))
            data.MarkStopped();
    }

    private static async Task FromServiceAsync(string directory, Stream output, BackupSeal? seal, CancellationToken cancellation)
    {
        using var service = new Service(directory);
        using var response = await service.SendAsync(HttpMethod.Get, "/edge/v1/backup", cancellation, headers: h =>
        {
            if (seal is not null)
                h.Add(BackupSeal.HeaderName, seal.ToHeader());
        });
        await response.Content.CopyToAsync(output, cancellation);
    }

    private static void Note(DataDirectory data, string what, string text)
    {
        using var audit = new AuditAtRest(data, DeviceClock.Of(TimeProvider.System, data.Device));
        audit.Log.Note(what, KeyVerbs.By, text);
    }

    private static JobKeys Keys(DataDirectory data) =>
        new(data.JobKeys, data.Device, Environment.GetEnvironmentVariable(DataDirectory.Credentials), NullLogger.Instance);

    private static FileStreamOptions OnlyForOwner()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return options;
    }

    private static async Task<int> GuardAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (ServiceException e)
        {
            return Report.Errors([e.Hint is null ? e.Message : $"{e.Message} ({e.Hint})"], ExitCodes.Failed);
        }
        catch (StorageException e)
        {
            return Report.Errors([e.Hint is null ? e.Message : $"{e.Message} ({e.Hint})"], ExitCodes.Failed);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or HttpRequestException or UnauthorizedAccessException)
        {
            return Report.Errors([$"backup failed, nothing was changed: {e.Message}"], ExitCodes.Failed);
        }
    }
}
