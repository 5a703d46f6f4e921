using System.Text;

namespace EdgeServe.Engine.Models;

/// <summary>
/// Finds the files an ONNX graph keeps its weights in beside itself. A hostile graph names <c>/etc/shadow</c> or
/// <c>../other/model</c>: only plain file names in the version's own folder pass. Walks the protocol buffer's field
/// headers without reading the weights.
/// </summary>
internal sealed class ExternalData
{
    private const int DeepestGraph = 64;
    private const int LongestText = 4096;

    private readonly FileStream _file;
    private readonly List<string> _locations = [];

    private ExternalData(FileStream file) => _file = file;

    /// <summary>Adds an error for each location that leaves the folder, is a link, or is not there.</summary>
    public static void Check(string graphPath, List<string> errors)
    {
        var (directory, graph) = (Path.GetDirectoryName(graphPath)!, Path.GetFileName(graphPath));
        string[] locations;
        try
        {
            locations = Locations(graphPath);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            errors.Add($"{graph}: is not an ONNX model: {e.Message}");
            return;
        }

        foreach (string location in locations)
        {
            string path = Path.Combine(directory, location);
            if (location is "" or "." or ".." || Path.GetFileName(location) != location || location.Contains('\\', StringComparison.Ordinal))
                errors.Add($"{graph}: keeps weights in '{location}', outside its own folder; save it with its data beside it");
            else if (!File.Exists(path))
                errors.Add($"{graph}: keeps weights in '{location}', which is not beside it");
            else if (new FileInfo(path).LinkTarget is not null)
                errors.Add($"{location}: is a symbolic link; put the file itself beside {graph}");
        }
    }

    /// <summary>Bytes of the weights beside the graph; 0 for a graph that cannot be read or names what it must not.</summary>
    public static long Bytes(string graphPath)
    {
        var errors = new List<string>();
        Check(graphPath, errors);
        return errors.Count > 0 ? 0 : Locations(graphPath).Sum(l => new FileInfo(Path.Combine(Path.GetDirectoryName(graphPath)!, l)).Length);
    }

    internal static string[] Locations(string modelPath)
    {
        using var file = new FileStream(modelPath, FileMode.Open, FileAccess.Read, FileShare.Read, 16 << 10);
        var walk = new ExternalData(file);
        walk.Model(file.Length);
        return [.. walk._locations.Distinct()];
    }

    // Field numbers of onnx.proto: ModelProto.graph 7, .functions 25; GraphProto.node 1, .initializer 5, .sparse_initializer 15;
    // FunctionProto.node 7; NodeProto.attribute 5; AttributeProto.t 5, .g 6, .tensors 10, .graphs 11, .sparse_tensor 22,
    // .sparse_tensors 23; SparseTensorProto.values 1, .indices 2; TensorProto.external_data 13; StringStringEntryProto.key 1, .value 2.
    private void Model(long end) => Fields(end, (field, fieldEnd) =>
    {
        if (field == 7)
            Graph(fieldEnd, 0);
        else if (field == 25)
            Fields(fieldEnd, (f, e) => { if (f == 7) Node(e, 0); });
    });

    private void Graph(long end, int depth)
    {
        if (depth > DeepestGraph)
            throw new InvalidDataException("its graphs are nested too deeply");
        Fields(end, (field, fieldEnd) =>
        {
            if (field == 1)
                Node(fieldEnd, depth);
            else if (field == 5)
                TensorData(fieldEnd);
            else if (field == 15)
                Sparse(fieldEnd);
        });
    }

    private void Node(long end, int depth) => Fields(end, (field, fieldEnd) =>
    {
        if (field == 5)
            Attribute(fieldEnd, depth);
    });

    private void Attribute(long end, int depth) => Fields(end, (field, fieldEnd) =>
    {
        if (field is 5 or 10)
            TensorData(fieldEnd);
        else if (field is 6 or 11)
            Graph(fieldEnd, depth + 1);
        else if (field is 22 or 23)
            Sparse(fieldEnd);
    });

    private void Sparse(long end) => Fields(end, (field, fieldEnd) =>
    {
        if (field is 1 or 2)
            TensorData(fieldEnd);
    });

    private void TensorData(long end) => Fields(end, (field, fieldEnd) =>
    {
        if (field == 13)
            Entry(fieldEnd);
    });

    private void Entry(long end)
    {
        string key = "", value = "";
        Fields(end, (field, fieldEnd) =>
        {
            if (field == 1)
                key = Text(fieldEnd);
            else if (field == 2)
                value = Text(fieldEnd);
        });
        if (key == "location")
            _locations.Add(value);
    }

    /// <summary>Calls <paramref name="lengthDelimited"/> at each length-delimited field with the position behind it, and skips what it leaves.</summary>
    private void Fields(long end, Action<int, long> lengthDelimited)
    {
        while (_file.Position < end)
        {
            ulong tag = Varint();
            switch (tag & 7)
            {
                case 0:
                    Varint();
                    break;
                case 1:
                    Skip(_file.Position + 8, end);
                    break;
                case 2:
                    ulong length = Varint();
                    if (length > (ulong)(end - _file.Position))
                        throw new InvalidDataException("a field is longer than the file");
                    long fieldEnd = _file.Position + (long)length;
                    lengthDelimited((int)(tag >> 3), fieldEnd);
                    Skip(fieldEnd, end);
                    break;
                case 5:
                    Skip(_file.Position + 4, end);
                    break;
                default:
                    throw new InvalidDataException("unexpected wire type");
            }
        }
    }

    private void Skip(long to, long end)
    {
        if (to > end)
            throw new EndOfStreamException("it ends in the middle of a field");
        if (to != _file.Position)
            _file.Seek(to, SeekOrigin.Begin);
    }

    private string Text(long end)
    {
        long length = end - _file.Position;
        if (length > LongestText)
            throw new InvalidDataException("a file name is too long");
        byte[] bytes = new byte[length];
        _file.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = _file.ReadByte();
            if (next < 0)
                throw new EndOfStreamException("it ends in the middle of a number");
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }

        throw new InvalidDataException("a number is too long");
    }
}
