using System.Globalization;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Bundles.Channels;

/// <summary>What a channel's index says: the models of one release, and for whom, from when and how long (DESIGN, names and formats).</summary>
/// <param name="Channel">Its name.</param>
/// <param name="Release">Positive; only rises. A number beyond what fits stands as the largest that does.</param>
/// <param name="DeviceClasses">Whom it is for; at least one.</param>
/// <param name="Created">Signed time.</param>
/// <param name="Expires">Not to be installed from then on; null: never.</param>
/// <param name="MinProgram">Least version of the program; null: any.</param>
/// <param name="Models">At least one; no version twice.</param>
public sealed record ChannelIndex(
    string Channel, long Release, IReadOnlyList<string> DeviceClasses, DateTimeOffset Created, DateTimeOffset? Expires, string? MinProgram, IReadOnlyList<ChannelModel> Models)
{
    /// <summary>The program for each kind of machine, if the release brings it; no kind twice.</summary>
    public IReadOnlyList<ChannelProgram> Programs { get; init; } = [];

    /// <summary>Value of <see cref="AnnotationNames.Type"/>.</summary>
    public const string Type = "channel";

    // Every digit of 2^64 and some: longer is no number anybody meant.
    private const int MostDigits = 40;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK";

    /// <exception cref="BundleException"><see cref="BundleError.NotAChannel"/>, <see cref="BundleError.Malformed"/>, <see cref="BundleError.TooLarge"/>.</exception>
    public static ChannelIndex Read(ReadOnlyMemory<byte> content)
    {
        // Said first: a model that was signed is not a channel, however well it is signed.
        if (ManifestJson.MediaTypeOf(content) is MediaTypes.Manifest or MediaTypes.DockerManifest)
            throw NotAChannel("a single manifest");
        var index = ManifestJson.ReadIndex(content);
        if (index.Annotations.GetValueOrDefault(AnnotationNames.Type) is var type && type != Type)
            throw NotAChannel(type is null ? $"an index without annotation {AnnotationNames.Type}" : $"an index of type '{type}'");
        string channel = Required(index, AnnotationNames.Channel);
        if (!ModelName.IsValid(channel))
            throw Malformed(AnnotationNames.Channel, channel, "a channel name");
        string[] classes = Required(index, AnnotationNames.DeviceClass).Split(',', StringSplitOptions.TrimEntries);
        if (!classes.All(ModelName.IsValid))
            throw Malformed(AnnotationNames.DeviceClass, string.Join(',', classes), "a list of device classes");
        return new ChannelIndex(
            channel, Number(AnnotationNames.Release, Required(index, AnnotationNames.Release)), classes, Time(AnnotationNames.Created, Required(index, AnnotationNames.Created)),
            index.Annotations.TryGetValue(AnnotationNames.Expires, out string? expires) ? Time(AnnotationNames.Expires, expires) : null,
            index.Annotations.GetValueOrDefault(AnnotationNames.MinProgram), Children(channel, index))
        {
            Programs = ProgramsOf(channel, index),
        };
    }

    /// <summary>RFC 3339 in UTC, as <see cref="AnnotationNames.Created"/> has it.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static ChannelModel[] Children(string channel, ContentIndex index)
    {
        var models = index.Manifests.Where(m => !IsProgram(m)).Select(m => Child(channel, m)).ToArray();
        if (models.Length == 0)
            throw new BundleException(BundleError.Malformed, $"channel {channel} names no model", "Build it again with at least one bundle.");
        if (models.GroupBy(m => (m.Name, m.Version)).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new BundleException(BundleError.Malformed, $"channel {channel} names {twice.Key.Name}/{twice.Key.Version} twice", "Build it again with one bundle for each version.");
        return models;
    }

    private static ChannelProgram[] ProgramsOf(string channel, ContentIndex index)
    {
        var programs = index.Manifests.Where(IsProgram).Select(m => Program(channel, m)).ToArray();
        if (programs.GroupBy(p => (p.Architecture, p.Flavour)).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new BundleException(BundleError.Malformed, $"channel {channel} names the program for {twice.Key.Architecture}{twice.Key.Flavour} twice", "Build it again with one for each kind of machine.");
        return programs;
    }

    private static bool IsProgram(Descriptor manifest) => manifest.Annotation(AnnotationNames.Program) is not null;

    private static ChannelProgram Program(string channel, Descriptor manifest)
    {
        RequireManifest(channel, manifest);
        return ChannelProgram.Of(manifest.Annotation(AnnotationNames.Program), manifest.Annotation(AnnotationNames.Architecture), manifest);
    }

    private static ChannelModel Child(string channel, Descriptor manifest)
    {
        RequireManifest(channel, manifest);
        string name = manifest.Annotation(AnnotationNames.Model) ?? "";
        if (!ModelName.IsValid(name))
            throw Malformed(AnnotationNames.Model, name, "a model name");
        return new ChannelModel(name, Number(AnnotationNames.Version, manifest.Annotation(AnnotationNames.Version) ?? ""), manifest);
    }

    private static void RequireManifest(string channel, Descriptor manifest)
    {
        if (manifest.MediaType != MediaTypes.Manifest)
            throw new BundleException(BundleError.Malformed, $"channel {channel} lists {manifest.Digest}, which is no bundle but {manifest.MediaType}", "Build it again from bundles; channels are not nested.");
        if (manifest.Size > ContentLimits.ManifestBytes)
            throw new BundleException(BundleError.TooLarge, $"bundle {manifest.Digest} of channel {channel} is said to have a manifest of {manifest.Size} bytes");
    }

    private static string Required(ContentIndex index, string name) =>
        index.Annotations.TryGetValue(name, out string? value) ? value : throw new BundleException(BundleError.Malformed, $"the channel has no annotation {name}", "Build it with `edgeserve channel build`.");

    private static long Number(string name, string text)
    {
        if (text.Length is 0 or > MostDigits || text.AsSpan().ContainsAnyExceptInRange('0', '9') || text[0] == '0')
            throw Malformed(name, text, "a positive whole number");
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : long.MaxValue;
    }

    private static DateTimeOffset Time(string name, string text) =>
        DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time) && char.IsAsciiDigit(text[^1]) == text.AsSpan(10).ContainsAny('+', '-')
            ? time
            : throw Malformed(name, text, "a time such as 2026-11-23T10:00:00Z");

    private static BundleException Malformed(string name, string value, string wanted) =>
        new(BundleError.Malformed, $"annotation {name} is '{(value.Length <= 80 ? value : value[..80] + "…")}', not {wanted}", "Build it with `edgeserve channel build`.");

    private static BundleException NotAChannel(string found) =>
        new(BundleError.NotAChannel, $"{found} stands where a channel should", "Build a channel from bundles with `edgeserve channel build` and sign that.");
}
