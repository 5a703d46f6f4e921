using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>
/// Step 7 of the infer flow: the answer as JSON, or as a JSON header followed by binary tensors. Written in steps of
/// bounded size, so that the caller can let a slow network drain in between.
/// </summary>
public struct OipResponseWriter
{
    /// <summary>A step writes about this much before it returns.</summary>
    public const int StepBytes = 64 << 10;

    private readonly InferResponse _response;
    private int _tensor;
    private long _element;
    private long _offset;
    private Part _part;

    public OipResponseWriter(InferResponse response)
    {
        _response = response;
        foreach (var tensor in response.Tensors)
        {
            bool binary = response.Request.WantsBinary(tensor.Name);
            if (binary)
                BinaryBytes += tensor.ByteLength;
            else if (tensor.Type.IsBinaryOnly())
                throw BinaryOnly(tensor);
            HasBinary |= binary;
            IsAllBinary &= binary && tensor.Type != TensorType.Bytes;
        }
    }

    private enum Part
    {
        Head,
        TensorHead,
        Elements,
        Tail,
        Binary,
        Done,
    }

    /// <summary>True when some output travels as binary bytes: the answer then carries the header length.</summary>
    public bool HasBinary { get; private set; }

    /// <summary>Every output is binary and of fixed size: the header depends on the shapes alone.</summary>
    public bool IsAllBinary { get; private set; } = true;

    /// <summary>Bytes of all binary outputs.</summary>
    public long BinaryBytes { get; private set; }

    /// <summary>The JSON part is complete.</summary>
    public readonly bool IsJsonDone => _part >= Part.Binary;

    /// <summary>For an answer whose header is already known: only the tensors are left to write.</summary>
    public static OipResponseWriter BehindHeader(InferResponse response) => new(response) { _part = Part.Binary };

    /// <summary>Refuses, before anything runs, what could not be written afterwards.</summary>
    public static void CheckRequest(InferRequest request)
    {
        foreach (var output in request.Model.Signature.Outputs)
        {
            bool asked = request.Outputs.Length == 0 || Array.Exists(request.Outputs, o => o.Name == output.Name && o.Classification == 0);
            if (asked && output.Type.IsBinaryOnly() && !request.WantsBinary(output.Name))
                throw BinaryOnly(output.Name, output.Type);
        }
    }

    /// <summary>Writes the next piece of the JSON.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="atLeast">Bytes after which the piece ends, and a little more.</param>
    /// <returns>False when the JSON is complete.</returns>
    public bool WriteJson(IBufferWriter<byte> output, int atLeast = StepBytes)
    {
        var text = new Utf8Buffer(output);
        while (!IsJsonDone && text.Written < atLeast)
            Advance(ref text, atLeast);
        text.Flush();
        return !IsJsonDone;
    }

    /// <summary>Writes the next piece of the binary tensors, from the memory the engine left them in.</summary>
    /// <returns>False when the answer is complete.</returns>
    public bool WriteBinary(IBufferWriter<byte> output, int atMost)
    {
        int written = 0;
        while (_part == Part.Binary && written < atMost)
        {
            if (_tensor == _response.Tensors.Length)
            {
                _part = Part.Done;
                break;
            }

            ref readonly var tensor = ref _response.Tensors[_tensor];
            if (!_response.Request.WantsBinary(tensor.Name) || _offset == tensor.ByteLength)
            {
                _tensor++;
                _offset = 0;
                continue;
            }

            var target = output.GetSpan(1);
            int length = (int)Math.Min(Math.Min(target.Length, atMost - written), tensor.ByteLength - _offset);
            tensor.Slice(_offset, length).CopyTo(target);
            output.Advance(length);
            written += length;
            _offset += length;
        }

        return _part == Part.Binary;
    }

    private void Advance(ref Utf8Buffer text, int budget)
    {
        switch (_part)
        {
            case Part.Head:
                Head(ref text);
                _part = _response.Tensors.Length > 0 ? Part.TensorHead : Part.Tail;
                break;
            case Part.TensorHead:
                TensorHead(ref text, in _response.Tensors[_tensor]);
                break;
            case Part.Elements:
                Elements(ref text, in _response.Tensors[_tensor], budget);
                break;
            case Part.Tail:
                text.Raw("]}"u8);
                _tensor = 0;
                _offset = 0;
                _part = HasBinary ? Part.Binary : Part.Done;
                break;
        }
    }

    private readonly void Head(ref Utf8Buffer text)
    {
        var model = _response.Request.Model.Key;
        text.Raw("{\"model_name\":"u8);
        text.String(model.Name);
        text.Raw(",\"model_version\":\""u8);
        text.Number(model.Version);
        text.Raw("\""u8);
        if (_response.Request.Id is { } id)
        {
            text.Raw(",\"id\":"u8);
            text.String(id);
        }

        text.Raw(",\"outputs\":["u8);
    }

    private void TensorHead(ref Utf8Buffer text, in OutputTensor tensor)
    {
        text.Raw(_tensor == 0 ? "{\"name\":"u8 : ",{\"name\":"u8);
        text.String(tensor.Name);
        text.Raw(",\"datatype\":\""u8);
        text.Ascii(tensor.Type.Name());
        text.Raw("\",\"shape\":["u8);
        for (int i = 0; i < tensor.Shape.Length; i++)
        {
            if (i > 0)
                text.Raw(","u8);
            text.Number(tensor.Shape[i]);
        }

        if (_response.Request.WantsBinary(tensor.Name))
        {
            text.Raw("],\"parameters\":{\"binary_data_size\":"u8);
            text.Number(tensor.ByteLength);
            text.Raw("}}"u8);
            NextTensor();
            return;
        }

        text.Raw("],\"data\":["u8);
        _element = 0;
        _offset = 0;
        _part = Part.Elements;
    }

    private void Elements(ref Utf8Buffer text, in OutputTensor tensor, int budget)
    {
        if (TensorText.Write(ref text, in tensor, ref _element, ref _offset, budget))
        {
            text.Raw("]}"u8);
            NextTensor();
        }
    }

    private void NextTensor()
    {
        _tensor++;
        _part = _tensor < _response.Tensors.Length ? Part.TensorHead : Part.Tail;
    }

    private static ServingException BinaryOnly(OutputTensor tensor) => BinaryOnly(tensor.Name, tensor.Type);

    private static ServingException BinaryOnly(string name, TensorType type) => ServingException.Invalid(
        $"{type.Name()} data of output '{name}' cannot travel as JSON: ask for the binary tensor format (parameters.binary_data or binary_data_output)");
}
