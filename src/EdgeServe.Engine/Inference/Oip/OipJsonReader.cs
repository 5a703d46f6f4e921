using System.Text;
using System.Text.Json;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>
/// The JSON of an inference request as a state machine over windows: it stops where a window ends and goes on with the
/// next. Keys may come in any order; <c>data</c> is parsed into tensor memory as it passes. Strict: no duplicate keys, no
/// trailing commas, nothing behind the closing brace, nesting at most 100.
/// </summary>
internal sealed class OipJsonReader(InferRequest request, TensorMemoryPool pool, long jsonLength) : IDisposable
{
    private const int MaxDepth = 100;
    private const int InputDepth = 3;

    private State _state = State.Root;
    private RootKeys _rootKeys;
    private InputKeys _inputKeys;
    private RootKeys _rootKey;
    private InputKeys _inputKey;
    private OipInput _input = new();
    private TensorBuilder _tensor = new(pool);
    private int _dataDepth;
    private RawText _parking;

    private enum State
    {
        Root, RootFirst, RootKey, RootValue, RootNext,
        Inputs, InputsFirst, InputsItem, InputsNext,
        InputFirst, InputKey, InputValue, InputNext,
        Data, DataFirst, DataElement, DataNext, Parked,
        Done,
    }

    [Flags]
    private enum RootKeys { None = 0, Id = 1, Parameters = 2, Inputs = 4, Outputs = 8, Other = 16 }

    [Flags]
    private enum InputKeys { None = 0, Name = 1, Datatype = 2, Shape = 4, Parameters = 8, Data = 16, Other = 32 }

    public List<OipInput> Inputs { get; } = [];

    /// <summary>The closing brace was read, and nothing but white space behind it in what was offered as final.</summary>
    public bool IsDone { get; private set; }

    /// <returns>Bytes taken from the window.</returns>
    public int Read(ReadOnlySpan<byte> window, bool final)
    {
        int position = 0;
        while (true)
        {
            JsonText.SkipWhiteSpace(window, ref position);
            if (position == window.Length)
            {
                IsDone = _state == State.Done && final;
                return position;
            }

            if (!Step(window, ref position, final))
                return position;
        }
    }

    public void Dispose()
    {
        _tensor.Dispose();
        _input.Memory?.Release();
        _input.Memory = null;
        foreach (var input in Inputs)
        {
            input.Memory?.Release();
            input.Memory = null;
        }
    }

    /// <returns>False when the window ends inside a token.</returns>
    private bool Step(ReadOnlySpan<byte> window, ref int position, bool final)
    {
        byte next = window[position];
        switch (_state)
        {
            case State.Root:
                return Take(next, (byte)'{', State.RootFirst, ref position);
            case State.RootFirst:
                return next == '}' ? EndRoot(ref position) : To(State.RootKey);
            case State.RootNext:
                return next == '}' ? EndRoot(ref position) : Take(next, (byte)',', State.RootKey, ref position);
            case State.RootKey:
                return ReadRootKey(window, ref position);
            case State.RootValue:
                return ReadRootValue(window, ref position, final);
            case State.Inputs:
                return Take(next, (byte)'[', State.InputsFirst, ref position);
            case State.InputsFirst:
                return next == ']' ? Take(next, (byte)']', State.RootNext, ref position) : To(State.InputsItem);
            case State.InputsItem:
                _input = new OipInput();
                _inputKeys = InputKeys.None;
                return Take(next, (byte)'{', State.InputFirst, ref position);
            case State.InputsNext:
                return next == ']' ? Take(next, (byte)']', State.RootNext, ref position) : Take(next, (byte)',', State.InputsItem, ref position);
            case State.InputFirst:
                return next == '}' ? EndInput(ref position) : To(State.InputKey);
            case State.InputNext:
                return next == '}' ? EndInput(ref position) : Take(next, (byte)',', State.InputKey, ref position);
            case State.InputKey:
                return ReadInputKey(window, ref position);
            case State.InputValue:
                return ReadInputValue(window, ref position, final);
            case State.Data:
                BeginData();
                _dataDepth = 0;
                return _state == State.Parked || Open(next, ref position);
            case State.Parked:
                return Park(window, ref position);
            case State.DataFirst:
                return next == ']' ? Close(ref position) : To(State.DataElement);
            case State.DataElement:
                return next == '[' ? Open(next, ref position) : ReadElements(window, ref position, final);
            case State.DataNext:
                return next == ']' ? Close(ref position) : Take(next, (byte)',', State.DataElement, ref position);
            default:
                throw new FormatException("unexpected bytes behind the JSON");
        }
    }

    private bool To(State state)
    {
        _state = state;
        return true;
    }

    private bool Take(byte found, byte wanted, State then, ref int position)
    {
        if (found != wanted)
            throw new FormatException($"expected '{(char)wanted}', found '{(char)found}'");
        position++;
        return To(then);
    }

    private bool EndRoot(ref int position)
    {
        if ((_rootKeys & RootKeys.Inputs) == 0)
            throw ServingException.Invalid("failed to parse the request JSON buffer: 'inputs' is missing");
        position++;
        return To(State.Done);
    }

    /// <summary>Reads a key and its colon, both or neither.</summary>
    private static bool TryKey(ReadOnlySpan<byte> window, ref int position, out ReadOnlySpan<byte> key, out bool escaped)
    {
        int p = position;
        key = default;
        escaped = false;
        if (window[p] != '"')
            throw new FormatException($"expected a key, found '{(char)window[p]}'");
        if (!JsonText.TrySkipString(window, ref p, out escaped))
            return false;
        key = window[(position + 1)..(p - 1)];
        JsonText.SkipWhiteSpace(window, ref p);
        if (p == window.Length)
            return false;
        if (window[p] != ':')
            throw new FormatException($"expected ':', found '{(char)window[p]}'");
        position = p + 1;
        return true;
    }

    private bool ReadRootKey(ReadOnlySpan<byte> window, ref int position)
    {
        if (!TryKey(window, ref position, out var key, out _))
            return false;
        _rootKey = key.SequenceEqual("id"u8) ? RootKeys.Id
            : key.SequenceEqual("parameters"u8) ? RootKeys.Parameters
            : key.SequenceEqual("inputs"u8) ? RootKeys.Inputs
            : key.SequenceEqual("outputs"u8) ? RootKeys.Outputs
            : RootKeys.Other;
        if (_rootKey != RootKeys.Other && (_rootKeys & _rootKey) != 0)
            throw new FormatException($"duplicate key '{Encoding.UTF8.GetString(key)}'");
        _rootKeys |= _rootKey;
        return To(_rootKey == RootKeys.Inputs ? State.Inputs : State.RootValue);
    }

    private bool ReadRootValue(ReadOnlySpan<byte> window, ref int position, bool final)
    {
        if (!TryValue(window, ref position, final, 1, out var value))
            return false;
        Parse(value, isInput: false);
        return To(State.RootNext);
    }

    private bool ReadInputKey(ReadOnlySpan<byte> window, ref int position)
    {
        if (!TryKey(window, ref position, out var key, out _))
            return false;
        _inputKey = key.SequenceEqual("name"u8) ? InputKeys.Name
            : key.SequenceEqual("datatype"u8) ? InputKeys.Datatype
            : key.SequenceEqual("shape"u8) ? InputKeys.Shape
            : key.SequenceEqual("parameters"u8) ? InputKeys.Parameters
            : key.SequenceEqual("data"u8) ? InputKeys.Data
            : InputKeys.Other;
        if (_inputKey != InputKeys.Other && (_inputKeys & _inputKey) != 0)
            throw new FormatException($"duplicate key '{Encoding.UTF8.GetString(key)}'");
        _inputKeys |= _inputKey;
        return To(_inputKey == InputKeys.Data ? State.Data : State.InputValue);
    }

    private bool ReadInputValue(ReadOnlySpan<byte> window, ref int position, bool final)
    {
        if (!TryValue(window, ref position, final, InputDepth, out var value))
            return false;
        Parse(value, isInput: true);
        return To(State.InputNext);
    }

    /// <summary>Validates a value that is read whole, and keeps it where somebody wants it.</summary>
    private void Parse(ReadOnlySpan<byte> value, bool isInput)
    {
        try
        {
            if (isInput)
                KeepInputValue(value);
            else
                KeepRootValue(value);
        }
        catch (JsonException e)
        {
            int cut = e.Message.IndexOf(" LineNumber", StringComparison.Ordinal);
            throw new FormatException((cut < 0 ? e.Message : e.Message[..cut]).TrimEnd('.'));
        }
    }

    private void KeepRootValue(ReadOnlySpan<byte> value)
    {
        switch (_rootKey)
        {
            case RootKeys.Id: request.Id = OipParameters.Text(value, "id"); break;
            case RootKeys.Parameters: OipParameters.ReadRequest(value, request); break;
            case RootKeys.Outputs: request.Outputs = OipParameters.ReadOutputs(value); break;
            default: Validate(value); break;
        }
    }

    private void KeepInputValue(ReadOnlySpan<byte> value)
    {
        switch (_inputKey)
        {
            case InputKeys.Name: _input.Name = OipParameters.Text(value, "name"); break;
            case InputKeys.Datatype: _input.Type = Datatype(value, _input); break;
            case InputKeys.Shape: _input.Shape = OipParameters.Dimensions(value, _input.Name ?? "?"); break;
            case InputKeys.Parameters: _input.BinaryDataSize = OipParameters.ReadInput(value, _input.Name ?? "?"); break;
            default: Validate(value); break;
        }
    }

    private static void Validate(ReadOnlySpan<byte> value)
    {
        var reader = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
        }
    }

    private static TensorType Datatype(ReadOnlySpan<byte> value, OipInput input)
    {
        string name = OipParameters.Text(value, "datatype");
        return TensorTypes.TryParse(name, out var type) ? type : throw ServingException.Invalid($"invalid datatype '{name}' for input '{input.Name}'");
    }

    private static bool TryValue(ReadOnlySpan<byte> window, ref int position, bool final, int depth, out ReadOnlySpan<byte> value)
    {
        int start = position;
        bool complete = JsonText.TrySkipValue(window, ref position, final, depth, MaxDepth);
        value = complete ? window[start..position] : default;
        return complete;
    }

    /// <summary>Chooses how to read <c>data</c>: as declared, else as the model expects, else it is kept as text until the input ends.</summary>
    private void BeginData()
    {
        var specs = request.Model.Signature.Inputs;
        int index = _input.Name is { } name ? request.Model.Signature.IndexOfInput(name) : specs.Length == 1 ? 0 : -1;
        if (_input.Name is not null && index < 0)
            throw ServingException.Invalid($"unexpected inference input '{_input.Name}' for model '{request.Model.Key.Name}'");
        TensorType? expected = index >= 0 ? specs[index].Type : null;
        if (_input.Type is { } declared && expected is { } wanted && declared != wanted)
            throw ServingException.Invalid($"inference input '{_input.Name ?? specs[index].Name}' data-type is '{declared.Name()}', but model '{request.Model.Key.Name}' expects '{wanted.Name()}'");
        if ((_input.Type ?? expected) is not { } type)
        {
            _input.Parked = [];
            _parking = default;
            _state = State.Parked;
            return;
        }

        if (type.IsBinaryOnly())
            throw BinaryOnly(type, _input.Name ?? specs[Math.Max(index, 0)].Name);
        _input.DataType = type;
        if (_input.Shape is { } shape && type != TensorType.Bytes)
            ReserveFor(shape, type);
    }

    private static ServingException BinaryOnly(TensorType type, string input) =>
        ServingException.Invalid($"{type.Name()} data of input '{input}' cannot travel as JSON: send it in the binary tensor format (parameters.binary_data_size)");

    /// <summary>A shape is only a claim: no more memory is taken for it than the JSON could possibly fill.</summary>
    private void ReserveFor(long[] shape, TensorType type)
    {
        long bytes = BinaryTensors.ExpectedBytes(_input.Name ?? "?", type, shape);
        const long unknownLength = 1 << 20;
        long most = ((jsonLength < 0 ? unknownLength : jsonLength) / 2) + 1;
        _tensor.Reserve(Math.Min(bytes, most * type.Size()));
    }

    private bool Open(byte next, ref int position)
    {
        if (next != '[')
            throw new FormatException("'data' must be an array");
        if (InputDepth + ++_dataDepth > MaxDepth)
            throw new NestingTooDeepException();
        position++;
        return To(State.DataFirst);
    }

    private bool Close(ref int position)
    {
        position++;
        if (--_dataDepth > 0)
            return To(State.DataNext);
        FinishData();
        return To(State.InputNext);
    }

    private void FinishData()
    {
        _input.HasData = true;
        _input.ByteLength = _tensor.Length;
        _input.Memory = _tensor.Detach();
    }

    private bool ReadElements(ReadOnlySpan<byte> window, ref int position, bool final)
    {
        var stop = TensorElements.Read(_input.DataType, window, ref position, final, ref _tensor);
        switch (stop)
        {
            case TensorElements.Stop.AfterElement:
                return To(State.DataNext);
            case TensorElements.Stop.BeforeArray:
                return true;
            default:
                return final ? throw new FormatException("the JSON ends inside 'data'") : false;
        }
    }

    private bool Park(ReadOnlySpan<byte> window, ref int position)
    {
        int length = _parking.Take(window[position..], MaxDepth - InputDepth);
        _input.Parked!.AddRange(window.Slice(position, length));
        position += length;
        return !_parking.Complete || To(State.InputNext);
    }

    private bool EndInput(ref int position)
    {
        position++;
        string name = _input.Name ?? throw ServingException.Invalid("failed to parse the request JSON buffer: an input has no 'name'");
        if (_input.Type is not { } type)
            throw ServingException.Invalid($"input '{name}' has no 'datatype'");
        if (_input.Shape is null)
            throw ServingException.Invalid($"input '{name}' has no 'shape'");
        if (Inputs.Exists(i => i.Name == name))
            throw ServingException.Invalid($"input '{name}' already exists in request");
        if (_input.Parked is { } parked)
            ReadParked(parked, type);
        bool takesRestOfBody = type == TensorType.Bytes;
        if (_input.HasData == (_input.BinaryDataSize >= 0) && !(takesRestOfBody && !_input.HasData))
            throw ServingException.Invalid($"input '{name}' must have exactly one of 'data' and parameters.binary_data_size");
        if (_input.HasData)
            CheckCount(name, type);
        Inputs.Add(_input);
        _input = new OipInput();
        return To(State.InputsNext);
    }

    private void ReadParked(List<byte> parked, TensorType type)
    {
        if (type.IsBinaryOnly())
            throw BinaryOnly(type, _input.Name!);
        _input.Parked = null;
        _input.DataType = type;
        _dataDepth = 0;
        var text = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parked);
        int position = 0;
        if (text[0] != '[')
            throw new FormatException("'data' must be an array");
        Open(text[0], ref position);
        while (_state != State.InputNext)
        {
            JsonText.SkipWhiteSpace(text, ref position);
            Step(text, ref position, final: true);
        }
    }

    private void CheckCount(string name, TensorType type)
    {
        if (_input.DataType != type)
            throw ServingException.Invalid($"inference input '{name}' data-type is '{type.Name()}', but model '{request.Model.Key.Name}' expects '{_input.DataType.Name()}'");
        if (type == TensorType.Bytes)
        {
            BinaryTensors.CheckBytes(name, _input.Shape, _input.Memory!, _input.ByteLength);
            return;
        }

        long expected = BinaryTensors.ExpectedBytes(_input);
        if (expected != _input.ByteLength)
        {
            int size = type.Size();
            throw ServingException.Invalid($"input '{name}' has {_input.ByteLength / size} elements, but shape {Shape.Text(_input.Shape)} takes {expected / size}");
        }
    }
}
