using System.CommandLine;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Engine.Updates.Sticks;
using EdgeServe.Hosting;
using EdgeServe.Http.Updates;

namespace EdgeServe.Cli.Device;

/// <summary><c>edgeserve device enroll</c>: makes this box a member of a fleet, once. Exit 2: the file is no good; 3: it is one already.</summary>
internal static class DeviceEnrollVerb
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The enrolment file, or a stick that carries it." };
        var replace = new Option<bool>("--replace") { Description = "Follow other terms than those in force. What was reached in a channel stays reached." };
        var json = ConfiguredVerb.JsonOption();
        return new Command("enroll", "Make this box follow a channel and trust its keys.") { file, replace, json }.WithService(async (parsed, configuration, service, cancellation) =>
        {
            try
            {
                byte[] content = Read(parsed.GetValue(file)!);
                if (EnrolmentFile.Read(content, out var errors) is null)
                    return Report.Errors(errors, ExitCodes.Usage);
                var device = await EnrolAsync(configuration.Options, service, content, parsed.GetValue(replace), cancellation);
                DevicePrinter.Print(device, parsed.GetValue(json));
                return ExitCodes.Ok;
            }
            catch (BundleException e)
            {
                return Report.Error(e);
            }
            catch (ServiceException e) when (e.Code == nameof(BundleError.AlreadyEnrolled))
            {
                return Report.Error(new BundleException(BundleError.AlreadyEnrolled, e.Message, e.Hint, e));
            }
            catch (Exception e) when (e is InvalidDataException or FileNotFoundException or DirectoryNotFoundException)
            {
                return Report.Errors([e.Message], ExitCodes.Usage);
            }
            catch (StorageException e)
            {
                return Report.Errors([e.Hint is null ? e.Message : $"{e.Message} ({e.Hint})"], ExitCodes.Failed);
            }
            catch (UnauthorizedAccessException e)
            {
                return Report.Errors([$"{e.Message} Run it as the service's user."], ExitCodes.Failed);
            }
        });
    }

    private static async Task<DeviceBody> EnrolAsync(EdgeServeOptions options, Service service, byte[] content, bool replace, CancellationToken cancellation)
    {
        if (DataDirectory.OwnerOf(options.Server.DataDirectory) is null)
            return DeviceFiles.Enrol(options, content, replace);
        using var body = new ByteArrayContent(content);
        return await service.ReadAsync(HttpMethod.Post, $"/edge/v1/device/enroll?replace={(replace ? "true" : "false")}", CliJson.Wire.DeviceBody, cancellation, body);
    }

    private static byte[] Read(string path)
    {
        path = Path.GetFullPath(path);
        string name = Path.GetFileName(path);
        string folder = Path.GetDirectoryName(path) ?? path;
        if (Directory.Exists(path))
        {
            // A person names the stick, perhaps by a link: that one is followed, those on the stick are not.
            folder = new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
            if (Medium.Look(folder)?.EnrolmentPlace is not { } place)
                throw new FileNotFoundException($"there is no {EnrolmentFile.Name} on {path}");
            folder = place.Folder is null ? folder : Path.Combine(folder, place.Folder);
            name = place.Name;
        }

        using var handle = FolderHandle.Open(folder) ?? throw new DirectoryNotFoundException($"{folder} is not a folder");
        return handle.Read(name, EnrolmentFile.MaxBytes) ?? throw new FileNotFoundException($"there is no {path}");
    }
}
