using System.Net;
using System.Net.Http.Headers;

namespace EdgeServe.Engine.Bundles.Registry;

/// <summary>
/// Writes to a repository (OCI distribution spec 1.1, "Push"). The order is the caller's: blobs, manifests, the index that
/// names them, signatures last. Everything may be repeated: what is there is not sent again.
/// </summary>
public sealed class RegistryPush : IDisposable
{
    private readonly RegistryTransport _transport;

    /// <param name="reference">Which; its tag is not looked at.</param>
    /// <param name="options">With <see cref="RegistryOptions.Push"/>.</param>
    /// <param name="time">For patience and tokens.</param>
    public RegistryPush(RegistryReference reference, RegistryOptions options, TimeProvider time) =>
        _transport = new RegistryTransport(reference, options with { Push = true }, LinkBudget.Unlimited, time);

    public string Name => _transport.Name;

    /// <summary>Is a blob there?</summary>
    public async Task<bool> HasBlobAsync(Digest digest, CancellationToken cancellation)
    {
        using var response = await _transport.SendAsync(() => new HttpRequestMessage(HttpMethod.Head, _transport.At("blobs/" + digest)), elsewhere: true, cancellation);
        return (int)response.StatusCode switch
        {
            >= 200 and < 400 => true,
            404 => false,
            _ => throw _transport.Refusal(response, $"blob {digest}"),
        };
    }

    /// <summary>Sends a blob unless it is there; the registry checks its digest.</summary>
    /// <param name="descriptor">What it is.</param>
    /// <param name="open">Opens its bytes, once for every try.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>Bytes sent; 0 when it was there.</returns>
    public async Task<long> BlobAsync(Descriptor descriptor, Func<Stream> open, CancellationToken cancellation)
    {
        if (await HasBlobAsync(descriptor.Digest, cancellation))
            return 0;
        Uri upload;
        using (var begun = await _transport.SendAsync(() => new HttpRequestMessage(HttpMethod.Post, _transport.At("blobs/uploads/")), elsewhere: false, cancellation))
        {
            if (begun.StatusCode != HttpStatusCode.Accepted || begun.Headers.Location is not { } location)
                throw _transport.Refusal(begun, "place to write to");
            upload = new Uri(_transport.At(""), location);
        }

        string query = upload.Query.TrimStart('?');
        var target = new UriBuilder(upload) { Query = (query.Length > 0 ? query + "&" : "") + "digest=" + Uri.EscapeDataString(descriptor.Digest.ToString()) }.Uri;
        using var response = await _transport.SendAsync(() => Put(target, new StreamContent(open()), "application/octet-stream", descriptor.Size), elsewhere: false, cancellation);
        return response.StatusCode == HttpStatusCode.Created ? descriptor.Size : throw _transport.Refusal(response, $"blob {descriptor.Digest}");
    }

    /// <summary>Sends a manifest or index; everything it names must be there.</summary>
    /// <param name="reference">A tag, or the digest of <paramref name="content"/>.</param>
    /// <param name="mediaType">Its own.</param>
    /// <param name="content">At most <see cref="ContentLimits.ManifestBytes"/>.</param>
    /// <param name="cancellation">Stops.</param>
    public async Task ManifestAsync(string reference, string mediaType, byte[] content, CancellationToken cancellation)
    {
        using var response = await _transport.SendAsync(
            () => Put(_transport.At("manifests/" + reference), new ByteArrayContent(content), mediaType, content.Length), elsewhere: false, cancellation);
        if (response.StatusCode != HttpStatusCode.Created)
            throw _transport.Refusal(response, $"manifest {reference}");
    }

    public void Dispose() => _transport.Dispose();

    private static HttpRequestMessage Put(Uri address, HttpContent content, string type, long length)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        content.Headers.ContentLength = length;
        return new HttpRequestMessage(HttpMethod.Put, address) { Content = content };
    }
}
