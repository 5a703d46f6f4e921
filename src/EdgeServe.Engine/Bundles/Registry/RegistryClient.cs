using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;

namespace EdgeServe.Engine.Bundles.Registry;

/// <summary>A repository in a registry as a source of content (OCI distribution spec 1.1, "Pull"). A poll with nothing new is one request.</summary>
public sealed class RegistryClient : IContentSource, IDisposable
{
    private static readonly string[] Accepted = [MediaTypes.Index, MediaTypes.Manifest, MediaTypes.DockerManifestList, MediaTypes.DockerManifest];
    private readonly RegistryTransport _transport;
    private readonly ConcurrentDictionary<Digest, EntityTagHeaderValue> _tags = new();

    /// <param name="reference">Which; its tag is not looked at.</param>
    /// <param name="options">Credentials and patience.</param>
    /// <param name="budget">What the link may carry.</param>
    /// <param name="time">For patience and tokens.</param>
    /// <exception cref="BundleException">Plain HTTP to another host.</exception>
    public RegistryClient(RegistryReference reference, RegistryOptions options, LinkBudget budget, TimeProvider time) =>
        _transport = new RegistryTransport(reference, options, budget, time);

    public string Name => _transport.Name;

    public async Task<FetchedManifest?> ResolveAsync(string tag, Digest? known, CancellationToken cancellation)
    {
        using var response = await _transport.SendAsync(() => ManifestRequest(tag, known), elsewhere: false, cancellation);
        return response.StatusCode switch
        {
            HttpStatusCode.NotModified when known is not null => null,
            HttpStatusCode.OK when await ReadAsync(response, ContentLimits.ManifestBytes, cancellation) is var fetched => fetched.Digest == known ? null : fetched,
            _ => throw _transport.Refusal(response, $"tag {tag}"),
        };
    }

    public async Task<FetchedManifest> ManifestAsync(Descriptor descriptor, CancellationToken cancellation)
    {
        if (descriptor.Size > ContentLimits.ManifestBytes)
            throw new BundleException(BundleError.TooLarge, $"{descriptor.Digest} is said to have {descriptor.Size} bytes, too many for a manifest");
        using var response = await _transport.SendAsync(() => ManifestRequest(descriptor.Digest.ToString(), null), elsewhere: false, cancellation);
        if (response.StatusCode != HttpStatusCode.OK)
            throw _transport.Refusal(response, $"manifest {descriptor.Digest}");
        if (response.Content.Headers.ContentLength is { } length && length != descriptor.Size)
            throw WrongSize(descriptor, length);
        var fetched = await ReadAsync(response, ContentLimits.ManifestBytes, cancellation);
        if (fetched.Content.Length != descriptor.Size)
            throw WrongSize(descriptor, fetched.Content.Length);
        return fetched.Digest == descriptor.Digest ? fetched
            : throw new BundleException(BundleError.DigestMismatch, $"{Name} gave other bytes than {descriptor.Digest}", "What is published there is damaged: push it again.");
    }

    public async Task<BlobStream> BlobAsync(Descriptor descriptor, long offset, CancellationToken cancellation)
    {
        var response = await _transport.SendAsync(() => BlobRequest(descriptor.Digest, offset), elsewhere: true, cancellation);
        try
        {
            long start = StartOf(response, descriptor, offset);
            if (response.Headers.ETag is { IsWeak: false } tag)
                _tags[descriptor.Digest] = tag;
            return new BlobStream(await _transport.BodyAsync(response, cancellation), start);
        }
        catch
        {
            // Unread: the length of a 416 is not to be believed.
            response.Dispose();
            throw;
        }
    }

    /// <summary>Is a registry there (distribution spec, "Determining support")? Throws what is in its place.</summary>
    public async Task ProbeAsync(CancellationToken cancellation)
    {
        using var response = await _transport.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, new Uri(_transport.At(""), "/v2/")), elsewhere: false, cancellation);
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Unauthorized))
            throw _transport.Refusal(response, "registry API");
    }

    public void Dispose() => _transport.Dispose();

    private HttpRequestMessage ManifestRequest(string reference, Digest? known)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, _transport.At("manifests/" + reference));
        foreach (string type in Accepted)
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        if (known is { } digest)
            request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{digest}\""));
        return request;
    }

    private HttpRequestMessage BlobRequest(Digest digest, long offset)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, _transport.At("blobs/" + digest));
        if (offset == 0)
            return request;
        request.Headers.Range = new RangeHeaderValue(offset, null);
        // Only a tag this server gave: another's would make it begin anew. Without one the digest decides in the end.
        if (_tags.TryGetValue(digest, out var tag))
            request.Headers.IfRange = new RangeConditionHeaderValue(tag);
        return request;
    }

    private long StartOf(HttpResponseMessage response, Descriptor descriptor, long offset)
    {
        var headers = response.Content.Headers;
        RequirePlain(response, descriptor.Digest.ToString());
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                return headers.ContentLength is { } all && all != descriptor.Size ? throw WrongSize(descriptor, all) : 0;
            case HttpStatusCode.PartialContent when headers.ContentRange is { From: { } from } range:
                if (range.Length is { } total && total != descriptor.Size)
                    throw WrongSize(descriptor, total);
                return from;
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                throw new BundleException(BundleError.SizeMismatch, $"{Name} has fewer than the {descriptor.Size} bytes of {descriptor.Digest}", "What is published there is damaged: push it again.");
            default:
                throw _transport.Refusal(response, $"blob {descriptor.Digest} from byte {offset}");
        }
    }

    private async Task<FetchedManifest> ReadAsync(HttpResponseMessage response, int most, CancellationToken cancellation)
    {
        RequirePlain(response, "a manifest");
        string said = response.Content.Headers.ContentType?.MediaType ?? "";
        byte[] content = await _transport.ReadAsync(response, most, cancellation);
        return new FetchedManifest(ManifestJson.MediaTypeOf(content) ?? said, Digest.Of(content), content);
    }

    /// <summary>Digests are of plain bytes, and what unpacks may have no end.</summary>
    private void RequirePlain(HttpResponseMessage response, string what)
    {
        if (response.Content.Headers.ContentEncoding.Count > 0)
            throw new BundleException(BundleError.Malformed, $"{Name} gives {what} compressed, which nobody asked for", "Something between the registry and this device changes its answers: switch that off, or use a stick.");
    }

    private BundleException WrongSize(Descriptor descriptor, long size) =>
        new(BundleError.SizeMismatch, $"{Name} has {size} bytes where {descriptor.Digest} has {descriptor.Size}", "What is published there is damaged: push it again.");
}
