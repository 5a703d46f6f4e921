using System.CommandLine;
using EdgeServe.Cli.Channels;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Transfer;

namespace EdgeServe.Cli.Sticks;

/// <summary><c>edgeserve stick write</c>: a channel onto a stick, read back from it before it is called good.</summary>
internal static class StickWriteVerb
{
    /// <summary>FAT32 keeps a file's length in 32 bits.</summary>
    internal const long LargestOnFat = (1L << 32) - 1;

    private static readonly string[] Fat = ["vfat", "msdos", "fat", "fat32"];

    public static Command Create()
    {
        var stick = new Argument<string>("DIR") { Description = "Where the stick is mounted." };
        var name = new Option<string?>("--channel") { Description = "Which; not needed when the source has only one.", HelpName = "NAME" };
        var from = new Option<string>("--from") { Description = "LAYOUT or host[:port]/repository[:channel].", HelpName = "SOURCE", Required = true };
        var command = new Command("write", "Write a channel to a stick and read it back.") { stick, name, from };
        var access = new RegistryAccess(command);
        return command.WithAction(async (parsed, cancellation) =>
        {
            string directory = Path.GetFullPath(parsed.GetValue(stick)!);
            if (!Directory.Exists(directory))
                return Report.Errors([$"{directory} is not there: is the stick mounted?"], ExitCodes.Usage);
            using var source = Source.Open(parsed.GetValue(from)!, access.Read(parsed));
            var content = await ChannelContent.ReadAsync(source.Content, source.TagOr(parsed.GetValue(name)), cancellation);
            Warn(directory, content);
            var writer = ImageLayoutWriter.Open(Path.Combine(directory, Source.StickFolder));
            await CopyBar.RunAsync($"Writing {content.Channel.Channel} {content.Channel.Release}", content.Size,
                bar => ChannelCopy.RunAsync(content, source.Content, writer, content.Channel.Channel, bar, cancellation));
            await ChannelVerifyVerb.ReadBackAsync(writer.Name, content);
            ChannelPrinter.Print(content);
            await ChannelPrinter.PrintCostsAsync(source.Content, content, cancellation);
            Console.Out.WriteLine($"Written to {writer.Name} and read back. Unmount the stick before you pull it.");
            return ExitCodes.Ok;
        });
    }

    private static void Warn(string directory, ChannelContent content)
    {
        if (content.Signatures is null)
            Console.Error.WriteLine($"edgeserve: warning: {content.Index.Digest} is not signed; no device takes it");
        if (FatWarning(content.AllBlobs, new DriveInfo(directory).DriveFormat) is { } warning)
            Console.Error.WriteLine($"edgeserve: warning: {warning}");
    }

    /// <returns>What to say before anything is copied; null: every stick can hold it.</returns>
    /// <exception cref="BundleException"><see cref="BundleError.TooLarge"/>: this stick cannot.</exception>
    internal static string? FatWarning(IEnumerable<Descriptor> blobs, string format)
    {
        if (blobs.FirstOrDefault(b => b.Size > LargestOnFat) is not { } large)
            return null;
        string text = $"{large.Digest} has {Terminal.Bytes(large.Size)}, and FAT32 holds files below 4 GiB";
        return Fat.Contains(format, StringComparer.OrdinalIgnoreCase)
            ? throw new BundleException(BundleError.TooLarge, text, "Format the stick with exFAT or ext4.")
            : $"{text}; this stick is {format}";
    }
}
