using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace EdgeServe.AcceptanceTests.Updates;

/// <summary>Bad releases, each broken in one way, in the device's layout. All that can be are signed by head office's own key.</summary>
internal static class Attack
{
    private const string Weight = "application/vnd.cncf.model.weight.v1.raw";

    /// <summary>Writes the bad release 11, or another number where that is the attack.</summary>
    public static void Write(UpdatedDevice device, string attack)
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var office = device.Office;
        office.Clear().Add("add", 2, UpdatedDevice.AddModel(3, """{"max_batch_size":9}"""));
        if (attack == "external_data")
            office.Clear().Add("add", 2, ("model.onnx", OutsideWeights()));
        if (attack == "odd_name")
            office.Clear().Add("add", 2, [.. UpdatedDevice.AddModel(3), ("golden/../../escape.json", "{}"u8.ToArray())]);
        if (attack == "shared_library")
            office.Clear().Add("add", 2, [.. UpdatedDevice.AddModel(3), ("libevil.so", "ELF"u8.ToArray())]);
        long release = attack switch { "older" => 9, "equivocation" => 10, "jump" => 1_000_011, _ => 11 };
        office.Write(device.Layout, release, index => Change(device.Layout, index, attack), attack switch
        {
            "wrong_key" => [other],
            "many_signatures" => [.. Enumerable.Repeat(other, 33)],
            _ => [],
        });
        Break(device, attack);
    }

    /// <summary>Before it is signed.</summary>
    private static void Change(string layout, JsonObject index, string attack)
    {
        var annotations = index["annotations"]!;
        switch (attack)
        {
            case "channel": annotations["io.edgeserve.channel"] = "another"; break;
            case "class": annotations["io.edgeserve.device-class"] = "jetson"; break;
            case "time": annotations["io.edgeserve.created"] = "2032-01-01T00:00:00Z"; break;
            case "expired": annotations["io.edgeserve.expires"] = "2026-11-01T00:00:00Z"; break;
            case "program": annotations["io.edgeserve.min-program"] = "99.0.0"; break;
            case "not_a_channel": annotations["io.edgeserve.type"] = "catalogue"; break;
            case "no_type": annotations.AsObject().Remove("io.edgeserve.type"); break;
            case "fast_forward": annotations["io.edgeserve.release"] = "9223372036854775808"; break;
            case "negative_release": annotations["io.edgeserve.release"] = "-1"; break;
            case "no_time": annotations.AsObject().Remove("io.edgeserve.created"); break;
            case "no_models": index["manifests"] = new JsonArray(); break;
            case "nested": index["manifests"]![0]!["mediaType"] = "application/vnd.oci.image.index.v1+json"; break;
            case "twice": index["manifests"]!.AsArray().Add(index["manifests"]![0]!.DeepClone()); break;
            case "other_name": index["manifests"]![0]!["annotations"]!["io.edgeserve.model"] = "breast-cancer"; break;
            case "hostile_name": index["manifests"]![0]!["annotations"]!["io.edgeserve.model"] = "../../etc"; break;
            case "bad_digest": index["manifests"]![0]!["digest"] = "sha256:../../../../etc/shadow"; break;
            case "huge_manifest": index["manifests"]![0]!["size"] = 5L << 30; break;
            case "negative_size": index["manifests"]![0]!["size"] = -1; break;
            case "deep": index["x"] = JsonNode.Parse(new string('[', 40) + new string(']', 40)); break;
            case "million_layers" or "urls" or "inline_data" or "unknown_layer" or "two_models" or "no_weights" or "image" or "endless_sizes":
                ChangeBundle(layout, index, attack);
                break;
        }
    }

    private static void ChangeBundle(string layout, JsonObject index, string attack)
    {
        var child = index["manifests"]![0]!;
        var bundle = JsonNode.Parse(File.ReadAllBytes(Blob(layout, (string)child["digest"]!)))!;
        var layers = bundle["layers"]!.AsArray();
        var weights = layers.First(l => (string)l!["mediaType"]! == Weight)!;
        switch (attack)
        {
            case "million_layers":
                for (int i = 0; i < 20_000; i++)
                    layers.Add(new JsonObject { ["mediaType"] = Weight, ["digest"] = (string)weights["digest"]!, ["size"] = 1 });
                break;
            case "urls": weights["urls"] = new JsonArray("http://127.0.0.1:9/elsewhere"); break;
            case "inline_data": weights["data"] = "AAAA"; break;
            case "unknown_layer": weights["mediaType"] = "application/vnd.oci.image.layer.v1.tar+gzip"; break;
            case "two_models": layers.Add(weights.DeepClone()); break;
            case "no_weights": layers.Remove(weights); break;
            case "image": bundle["config"]!["mediaType"] = "application/vnd.oci.image.config.v1+json"; break;
            case "endless_sizes":
                foreach (var layer in layers)
                    layer!["size"] = long.MaxValue;
                break;
        }

        byte[] content = Encoding.UTF8.GetBytes(bundle.ToJsonString());
        string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));
        File.WriteAllBytes(Blob(layout, digest), content);
        child["digest"] = digest;
        child["size"] = content.Length;
    }

    /// <summary>After it was signed.</summary>
    private static void Break(UpdatedDevice device, string attack)
    {
        string index = Path.Combine(device.Layout, "index.json");
        var json = JsonNode.Parse(File.ReadAllText(index))!;
        var entries = json["manifests"]!.AsArray();
        string golden = Blob(device.Layout, "sha256:" + Convert.ToHexStringLower(SHA256.HashData(UpdatedDevice.AddModel(3, """{"max_batch_size":9}""")[1].Item2)));
        string signed = Blob(device.Layout, (string)entries[0]!["digest"]!);
        switch (attack)
        {
            case "unsigned":
                entries.RemoveAt(1);
                File.WriteAllText(index, json.ToJsonString());
                break;
            case "old_signature": // another index's signatures under this one's tag
                var changed = JsonNode.Parse(File.ReadAllText(signed))!;
                changed["annotations"]!["io.edgeserve.release"] = "12";
                byte[] bytes = Encoding.UTF8.GetBytes(changed.ToJsonString());
                string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
                File.WriteAllBytes(Blob(device.Layout, digest), bytes);
                (entries[0]!["digest"], entries[0]!["size"]) = (digest, bytes.Length);
                entries[1]!["annotations"]!["org.opencontainers.image.ref.name"] = $"sha256-{digest[7..]}.sig";
                File.WriteAllText(index, json.ToJsonString());
                break;
            case "ambiguous":
                var twin = entries[1]!.DeepClone();
                twin["annotations"]!["org.opencontainers.image.ref.name"] = device.Office.Channel;
                entries.Add(twin);
                File.WriteAllText(index, json.ToJsonString());
                break;
            case "without_all":
                var model = JsonNode.Parse(File.ReadAllText(signed))!["manifests"]![0]!.DeepClone();
                model["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = device.Office.Channel };
                entries[0] = model;
                File.WriteAllText(index, json.ToJsonString());
                break;
            case "duplicate_key":
                File.WriteAllText(index, """{"schemaVersion":2,"manifests":[],"manifests":[]}""");
                break;
            case "not_json":
                File.WriteAllText(index, "<html>");
                break;
            case "sparse_index":
                using (var sparse = File.OpenWrite(index))
                    sparse.SetLength(5L << 30);
                break;
            case "index_pipe":
                File.Delete(index);
                Run("mkfifo", index);
                break;
            case "index_link":
                File.Move(index, index + ".real");
                File.CreateSymbolicLink(index, index + ".real");
                break;
            case "blob_link":
                File.Delete(golden);
                File.CreateSymbolicLink(golden, "/etc/hostname");
                break;
            case "blob_pipe":
                File.Delete(golden);
                Run("mkfifo", golden);
                break;
            case "blob_device":
                File.Delete(golden);
                File.CreateSymbolicLink(golden, "/dev/zero");
                break;
            case "blobs_link":
                string blobs = Path.Combine(device.Layout, "blobs");
                Directory.Move(blobs, blobs + ".real");
                Directory.CreateSymbolicLink(blobs, blobs + ".real");
                break;
            case "missing_blob": File.Delete(golden); break;
            case "altered_blob": File.WriteAllBytes(golden, [.. File.ReadAllBytes(golden).Select(b => (byte)(b ^ 1))]); break;
            case "longer_blob": File.AppendAllText(golden, "more"); break;
            case "shorter_blob": File.WriteAllBytes(golden, File.ReadAllBytes(golden)[..^1]); break;
            case "sparse_blob":
                using (var sparse = File.OpenWrite(golden))
                    sparse.SetLength(5L << 30);
                break;
            case "altered_index": File.WriteAllText(signed, File.ReadAllText(signed).Replace("\"11\"", "\"12\"", StringComparison.Ordinal)); break;
        }
    }

    private static string Blob(string layout, string digest) => Path.Combine(layout, "blobs", "sha256", digest[7..]);

    /// <summary>A graph whose weights lie outside its folder: ModelProto.graph.initializer[0].external_data = location ../../../etc/passwd.</summary>
    private static byte[] OutsideWeights()
    {
        static byte[] Field(int number, byte[] content) => [(byte)(number << 3 | 2), (byte)content.Length, .. content];
        byte[] entry = [.. Field(1, "location"u8.ToArray()), .. Field(2, "../../../etc/passwd"u8.ToArray())];
        byte[] tensor = [8, 1, 16, 1, .. Field(8, "w"u8.ToArray()), .. Field(13, entry), 112, 1];
        return [8, 8, .. Field(7, Field(5, tensor))];
    }

    private static void Run(string tool, string argument)
    {
        using var process = System.Diagnostics.Process.Start(tool, [argument]);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, string.Create(CultureInfo.InvariantCulture, $"{tool}: {process.ExitCode}"));
    }
}
