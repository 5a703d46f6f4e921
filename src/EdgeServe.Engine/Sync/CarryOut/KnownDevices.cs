using System.Text.Json;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>
/// Head office's list of devices and their keys: a device is pinned the first time it is met, as a host in ssh is, and
/// refused when it comes with another key. A JSON file that people may read and edit.
/// </summary>
internal sealed class KnownDevices
{
    private const string Type = "edgeserve-known-devices";
    private const int MostBytes = 16 << 20;
    private readonly string _path;
    private readonly SortedDictionary<string, TrustedKey> _devices = new(StringComparer.Ordinal);

    private KnownDevices(string path) => _path = path;

    public string Path => _path;

    /// <exception cref="CarryOutException"><see cref="CarryOutError.KeyUnusable"/>: the file is none.</exception>
    public static KnownDevices Read(string path)
    {
        var known = new KnownDevices(path);
        if (!File.Exists(path))
            return known;
        try
        {
            if (new FileInfo(path).Length > MostBytes)
                throw StrictJson.Malformed(path, "it is too large");
            StrictJson.Read(path, File.ReadAllBytes(path), root =>
            {
                if (StrictJson.Text(root, "type") != Type || StrictJson.Member(root, "devices") is not { ValueKind: JsonValueKind.Object } devices)
                    throw new JsonException("it is no list of devices");
                foreach (var device in devices.EnumerateObject())
                    known._devices.Add(device.Name, TrustedKey.FromPem(device.Value.ValueKind == JsonValueKind.String ? device.Value.GetString()! : ""));
                return true;
            });
            return known;
        }
        catch (BundleException e)
        {
            throw new CarryOutException(CarryOutError.KeyUnusable, e.Message, $"Mend {path}, or put it aside: every device is then met for the first time.", e);
        }
    }

    /// <summary>Is an export by the device it says it is?</summary>
    /// <param name="export">Its signature is right by its own key.</param>
    /// <param name="onlyKnown">Refuse one that was never met.</param>
    /// <returns>True when it is met for the first time: it is pinned, once <see cref="Save"/> was called.</returns>
    /// <exception cref="CarryOutException"><see cref="CarryOutError.ForeignDevice"/>, <see cref="CarryOutError.UnknownDevice"/>.</exception>
    public bool Check(Export export, bool onlyKnown)
    {
        string device = export.Statement.Device;
        if (_devices.TryGetValue(device, out var key))
        {
            return key.Fingerprint == export.Key.Fingerprint ? false : throw new CarryOutException(
                CarryOutError.ForeignDevice, $"device {device} is known by the key {key.Fingerprint}, this export is signed by {export.Key.Fingerprint}",
                $"Somebody pretends to be it, or it has a new card: compare with `edgeserve device show` on the box, and only then take its line out of {_path}.");
        }

        if (onlyKnown)
        {
            throw new CarryOutException(
                CarryOutError.UnknownDevice, $"device {device} is not in {_path}; its export is signed by {export.Key.Fingerprint}",
                "Compare with `edgeserve device show` on the box; without --known-only it is taken into the list.");
        }

        _devices.Add(device, export.Key);
        return true;
    }

    public void Save()
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, new JsonWriterOptions { Indented = true, Encoder = StrictJson.Plain.Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("type", Type);
            json.WriteNumber("version", 1);
            json.WriteStartObject("devices");
            foreach (var (device, key) in _devices)
                json.WriteString(device, key.Pem);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        string temporary = _path + ".tmp";
        File.WriteAllBytes(temporary, memory.ToArray());
        AtomicWrite.Publish(temporary, _path);
    }
}
