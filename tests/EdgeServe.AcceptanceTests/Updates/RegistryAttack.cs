using System.Text;
using System.Text.Json.Nodes;
using EdgeServe.AcceptanceTests.Running;
using Microsoft.AspNetCore.Http;

namespace EdgeServe.AcceptanceTests.Updates;

/// <summary>Registries, and what stands in their place, that lie about a release that is itself good.</summary>
internal static class RegistryAttack
{
    public static void Begin(UpdatedDevice device, LayoutRegistry registry, string attack)
    {
        string index = device.Office.Digest;
        var children = JsonNode.Parse(File.ReadAllBytes(registry.PathOf(index)))!["manifests"]!.AsArray();
        string child = (string)children[0]!["digest"]!;
        var layers = JsonNode.Parse(File.ReadAllBytes(registry.PathOf(child)))!["layers"]!.AsArray();
        // The definition: all that is new.
        string blob = (string)layers.Single(l => ((string)l!["mediaType"]!).Contains("definition", StringComparison.Ordinal))!["digest"]!;
        byte[] content = File.ReadAllBytes(registry.PathOf(blob));
        registry.Instead = async (context, asked) =>
        {
            var response = context.Response;
            switch (attack)
            {
                case "portal_page": return await PageAsync(response, 200);
                case "portal_511": return await PageAsync(response, 511);
                case "portal_redirect": response.Redirect("http://portal.example/login"); return true;
                case "portal_plain": await response.WriteAsync("Please sign in."); return true;
                case "login": (response.StatusCode, response.ContentType) = (401, "application/json"); return true;
                case "broken": response.StatusCode = 500; return true;
                case "gone": response.StatusCode = 404; return true;
                case "hang_up": context.Abort(); return true;
                case "altered_index" when asked == device.Office.Channel:
                    return await BytesAsync(response, Encoding.UTF8.GetBytes((await File.ReadAllTextAsync(registry.PathOf(index))).Replace("\"11\"", "\"12\"", StringComparison.Ordinal)));
                case "compressed_index" when asked == device.Office.Channel:
                    response.Headers.ContentEncoding = "gzip";
                    return await BytesAsync(response, [0x1f, 0x8b, 8, 0]);
                case "endless_index" when asked == device.Office.Channel: return await EndlessAsync(context);
                case "huge_index" when asked == device.Office.Channel: return await HugeAsync(context);
                case "mixed" when asked == child: return await BytesAsync(response, await File.ReadAllBytesAsync(registry.PathOf((string)children[1]!["digest"]!)));
                case "altered_child" when asked == child:
                    byte[] manifest = await File.ReadAllBytesAsync(registry.PathOf(child));
                    manifest[^2] ^= 1;
                    return await BytesAsync(response, manifest);
                case "altered_blob" when asked == blob: return await BytesAsync(response, [.. content.Select(b => (byte)(b ^ 1))]);
                case "truncated_blob" when asked == blob: return await BytesAsync(response, content[..^1]);
                case "quietly_truncated_blob" when asked == blob: await response.Body.WriteAsync(content.AsMemory(0, content.Length - 1)); return true;
                case "longer_blob" when asked == blob: return await BytesAsync(response, [.. content, .. content]);
                case "endless_blob" when asked == blob: return await EndlessAsync(context);
                case "compressed_blob" when asked == blob:
                    response.Headers.ContentEncoding = "gzip";
                    return await BytesAsync(response, content);
                case "missing_blob" when asked == blob: response.StatusCode = 404; return true;
                case "blob_in_the_clear" when asked == blob: response.Redirect("http://elsewhere.example/blob"); return true;
                case "blob_page" when asked == blob: return await PageAsync(response, 200);
                case "round_and_round" when asked == blob: response.Redirect(context.Request.Path); return true;
                default: return false;
            }
        };
    }

    private static async Task<bool> PageAsync(HttpResponse response, int status)
    {
        (response.StatusCode, response.ContentType) = (status, "text/html; charset=utf-8");
        await response.WriteAsync("<html>Welcome to the caf\u00e9</html>");
        return true;
    }

    private static async Task<bool> BytesAsync(HttpResponse response, byte[] content)
    {
        response.ContentLength = content.Length;
        await response.Body.WriteAsync(content);
        return true;
    }

    /// <summary>Announces more than anybody should take and begins with it.</summary>
    private static async Task<bool> HugeAsync(HttpContext context)
    {
        context.Response.ContentLength = 5L << 30;
        await context.Response.Body.FlushAsync();
        return await EndlessAsync(context);
    }

    private static async Task<bool> EndlessAsync(HttpContext context)
    {
        byte[] piece = Encoding.ASCII.GetBytes(new string(' ', 64 << 10));
        while (!context.RequestAborted.IsCancellationRequested)
            await context.Response.Body.WriteAsync(piece);
        return true;
    }
}
