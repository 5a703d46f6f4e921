using System.Security.Cryptography;

namespace EdgeServe.Engine.Bundles.Store;

/// <summary>Reads blobs again, slowly, and removes those that are damaged.</summary>
internal static class Scrub
{
    private const int BurstBytes = 1 << 20;

    /// <summary>Rest for each share of work.</summary>
    private const int RestShares = 9;

    public static async Task<ScrubReport> RunAsync(FileInfo[] blobs, TimeProvider time, CancellationToken cancellation)
    {
        int count = 0;
        long bytes = 0;
        var damaged = new List<Digest>();
        foreach (var file in blobs)
        {
            if (!Digest.TryParse("sha256:" + file.Name, out var digest))
                continue;
            try
            {
                using var handle = File.OpenHandle(file.FullName);
                bytes += RandomAccess.GetLength(handle);
                count++;
                if (await HashAsync(handle, time, cancellation) == digest)
                    continue;
            }
            catch (FileNotFoundException)
            {
                // Garbage since the listing.
                continue;
            }
            catch (IOException)
            {
                // A bad block: as damaged as a flipped bit.
            }

            damaged.Add(digest);
            File.Delete(file.FullName);
        }

        return new ScrubReport(count, bytes, damaged);
    }

    private static async Task<Digest> HashAsync(Microsoft.Win32.SafeHandles.SafeFileHandle file, TimeProvider time, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[IngestPart.BufferBytes];
        long at = 0, burst = 0, began = time.GetTimestamp();
        while (RandomAccess.Read(file, buffer, at) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            at += count;
            burst += count;
            cancellation.ThrowIfCancellationRequested();
            if (burst < BurstBytes)
                continue;
            await Task.Delay(time.GetElapsedTime(began) * RestShares, time, cancellation);
            (burst, began) = (0, time.GetTimestamp());
        }

        return Digest.FromHash(hash.GetHashAndReset());
    }
}
