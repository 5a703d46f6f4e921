using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>Runs a model over an author's data and makes its reference profile: files with commas, one request as JSON, or one request a line.</summary>
internal sealed class ProfileRun(InferenceEngine engine, ServedModel model)
{
    private const long MostJsonBytes = 256L << 20;
    private readonly RowMap _map = new(model.Signature, model.MaxBatchSize, model.Definition.Reference);
    private string[]? _names;

    /// <param name="files">Data, all of it one reference.</param>
    /// <param name="progress">Told how many rows were run.</param>
    /// <exception cref="InvalidDataException">A file cannot be used; the message names it.</exception>
    public async Task<DriftProfile> RunAsync(IReadOnlyList<string> files, Action<int>? progress, CancellationToken cancellation)
    {
        if (_map.IsEmpty)
            throw new InvalidDataException($"{model.Key.Name} has nothing to watch: more than {model.Definition.Reference.MaxFeatures} input elements a row (reference.max_features), and no output with at most {DriftProfile.MostClasses} numbers");
        var maker = new ProfileMaker(_map);
        foreach (string file in files)
        {
            try
            {
                foreach (var request in Requests(file))
                {
                    using (request)
                    {
                        using var response = await engine.InferAsync(request, cancellation);
                        maker.Add(request, response.Tensors);
                    }

                    progress?.Invoke(maker.Rows);
                }
            }
            catch (Exception e) when (e is InvalidDataException or JsonException or OverflowException)
            {
                throw new InvalidDataException($"{file}: {e.Message}", e);
            }
            catch (ServingException e)
            {
                throw new InvalidDataException($"{file}, behind {maker.Rows} rows that ran: {e.Message}", e);
            }
        }

        return maker.Rows > 0 ? maker.Make(_names) : throw new InvalidDataException($"{string.Join(", ", files)}: no rows in it");
    }

    private IEnumerable<InferRequest> Requests(string file)
    {
        using (var head = new StreamReader(file))
        {
            int first;
            do
                first = head.Read();
            while (first >= 0 && char.IsWhiteSpace((char)first));
            if (first != '{')
                return Csv(file);
        }

        return Json(file);
    }

    private IEnumerable<InferRequest> Json(string file)
    {
        if (new FileInfo(file).Length > MostJsonBytes)
            throw new InvalidDataException($"larger than {MostJsonBytes >> 20} MiB; give it in several files");
        byte[] content = File.ReadAllBytes(file);
        return IsOne(content) ? [Parse(content)] : Lines(content);
    }

    private IEnumerable<InferRequest> Lines(byte[] content)
    {
        int number = 0;
        for (int at = 0; at < content.Length;)
        {
            int end = Array.IndexOf(content, (byte)'\n', at);
            var line = content.AsMemory(at..(end < 0 ? content.Length : end));
            at += line.Length + 1;
            number++;
            if (line.Span.Trim(" \t\r"u8).IsEmpty)
                continue;
            InferRequest request;
            try
            {
                request = Parse(line);
            }
            catch (ServingException e)
            {
                throw new InvalidDataException($"line {number}: {e.Message}", e);
            }

            yield return request;
        }
    }

    private static bool IsOne(byte[] content)
    {
        var reader = new Utf8JsonReader(content, new JsonReaderOptions { MaxDepth = 100, AllowMultipleValues = true });
        return reader.Read() && reader.TrySkip() && content.AsSpan((int)reader.BytesConsumed).Trim(" \t\r\n"u8).IsEmpty;
    }

    private InferRequest Parse(ReadOnlyMemory<byte> body)
    {
        model.Retain();
        var request = new InferRequest(model) { IsTrial = true };
        try
        {
            using var reader = new OipRequestReader(request, engine.Memory, null, body.Length);
            long taken = reader.Read(new ReadOnlySequence<byte>(body), completed: true);
            reader.Finish();
            if (taken != body.Length && !body.Span[(int)taken..].Trim(" \t\r\n"u8).IsEmpty)
                throw ServingException.Invalid("something follows the request; write one request a line");
            return request;
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    private IEnumerable<InferRequest> Csv(string file)
    {
        if (_map.Features.Length == 0 || model.Signature.Inputs.Any(i => i.Type == TensorType.Bytes || Width(i) < 1))
            throw new InvalidDataException($"{model.Key.Name} does not take rows of numbers; give requests as JSON, one a line");
        var rows = CsvRows.Read(File.ReadLines(file, Encoding.UTF8), _map.Features.Length, out string[]? names);
        if (names is not null)
            _names = names;
        int batch = Math.Clamp(model.MaxBatchSize, 1, 64);
        for (int at = 0; at < rows.Count; at += batch)
            yield return Request([.. rows.Skip(at).Take(batch)]);
    }

    private InferRequest Request(float[][] rows)
    {
        model.Retain();
        var request = new InferRequest(model) { IsTrial = true, BatchSize = rows.Length };
        try
        {
            int first = 0;
            foreach (var input in model.Signature.Inputs)
            {
                int width = (int)Width(input);
                int size = input.Type.Size();
                long[] shape = model.MaxBatchSize > 0 ? [rows.Length, .. input.Shape[1..]] : input.Shape;
                long bytes = (long)rows.Length * width * size;
                var memory = engine.Memory.Rent(bytes);
                request.Inputs.Add(new Tensor(input.Name, input.Type, shape, memory, bytes));
                request.InputBytes += bytes;
                for (int row = 0; row < rows.Length; row++)
                {
                    for (int i = 0; i < width; i++)
                        Write(input, rows[row][first + i], memory.Span(((row * width) + i) * size, size));
                }

                first += width;
            }

            return request;
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    private long Width(TensorSpec input) => Shape.ElementCount(model.MaxBatchSize > 0 ? input.Shape.AsSpan(1) : input.Shape);

    private static void Write(TensorSpec input, float value, Span<byte> into)
    {
        switch (input.Type)
        {
            case TensorType.Fp32: BinaryPrimitives.WriteSingleLittleEndian(into, value); break;
            case TensorType.Fp64: BinaryPrimitives.WriteDoubleLittleEndian(into, value); break;
            case TensorType.Fp16: BinaryPrimitives.WriteHalfLittleEndian(into, (Half)value); break;
            case TensorType.Bf16: BinaryPrimitives.WriteInt16LittleEndian(into, (short)(BitConverter.SingleToInt32Bits(value) >> 16)); break;
            case var _ when !float.IsInteger(value): throw new InvalidDataException($"input '{input.Name}' is {input.Type.Name()}, and {value} is no whole number");
            case TensorType.Bool or TensorType.Uint8: into[0] = checked((byte)value); break;
            case TensorType.Int8: into[0] = (byte)checked((sbyte)value); break;
            case TensorType.Uint16: BinaryPrimitives.WriteUInt16LittleEndian(into, checked((ushort)value)); break;
            case TensorType.Int16: BinaryPrimitives.WriteInt16LittleEndian(into, checked((short)value)); break;
            case TensorType.Uint32: BinaryPrimitives.WriteUInt32LittleEndian(into, checked((uint)value)); break;
            case TensorType.Int32: BinaryPrimitives.WriteInt32LittleEndian(into, checked((int)value)); break;
            case TensorType.Uint64: BinaryPrimitives.WriteUInt64LittleEndian(into, checked((ulong)value)); break;
            case TensorType.Int64: BinaryPrimitives.WriteInt64LittleEndian(into, checked((long)value)); break;
            default: throw new InvalidDataException($"input '{input.Name}' is {input.Type.Name()}; give requests as JSON");
        }
    }
}
