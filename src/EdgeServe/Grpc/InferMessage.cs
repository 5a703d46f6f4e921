using System.Globalization;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;

namespace EdgeServe.Grpc;

/// <summary>
/// A decoded <c>ModelInferRequest</c>: who is asked, how, and tensors that are already where the engine reads them.
/// Owns that memory until <see cref="MoveTo"/> hands it to the request; disposing releases what is left.
/// </summary>
internal sealed class InferMessage : IDisposable
{
    public string ModelName { get; set; } = "";

    public string ModelVersion { get; set; } = "";

    /// <summary>The client's id; empty when it sent none.</summary>
    public string Id { get; set; } = "";

    public uint Priority { get; set; }

    public ulong TimeoutMicroseconds { get; set; }

    public List<InferInput> Inputs { get; } = new(2);

    public List<RequestedOutput> Outputs { get; } = [];

    public List<RawContents> Raw { get; } = new(2);

    /// <summary>The version asked for; 0: by policy.</summary>
    /// <exception cref="ServingException">Not a version.</exception>
    public long Version() => ParseVersion(ModelVersion);

    /// <inheritdoc cref="Version"/>
    public static long ParseVersion(string text)
    {
        if (text.Length == 0)
            return 0;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long version) && version > 0
            ? version
            : throw ServingException.Invalid($"failed to get model version from specified version string '{WireText.Shorten(text)}': a version is a whole number above 0");
    }

    /// <summary>Fills the request. Tensors change hands one by one: whatever fails, each has one owner.</summary>
    /// <exception cref="ServingException">Contents, shapes and raw contents contradict each other.</exception>
    public void MoveTo(InferRequest request, TensorMemoryPool pool)
    {
        request.Id = Id.Length > 0 ? Id : null;
        request.Priority = Priority;
        request.TimeoutMicroseconds = TimeoutMicroseconds;
        if (Outputs.Count > 0)
            request.Outputs = [.. Outputs];
        bool raw = Raw.Count > 0;
        if (raw)
            CheckRaw(request);
        for (int i = 0; i < Inputs.Count; i++)
            request.Inputs.Add(raw ? FromRaw(i) : FromContents(Inputs[i], pool));
    }

    public void Dispose()
    {
        foreach (var input in Inputs)
            input.Contents?.Release();
        foreach (var raw in Raw)
            raw.Memory?.Release();
        Inputs.Clear();
        Raw.Clear();
    }

    private void CheckRaw(InferRequest request)
    {
        foreach (var input in Inputs)
        {
            if (input.Contents is not null)
                throw ServingException.Invalid($"contents field must not be specified when using raw_input_contents for '{input.Name}' for model '{request.Model.Key.Name}'");
        }

        if (Raw.Count > Inputs.Count)
            throw ServingException.Invalid($"unexpected additional input data for model '{request.Model.Key.Name}'");
        if (Raw.Count < Inputs.Count)
            throw ServingException.Invalid($"raw_input_contents has {Raw.Count} entries for {Inputs.Count} inputs of model '{request.Model.Key.Name}': it takes one an input, in the inputs' order");
    }

    private Tensor FromRaw(int index)
    {
        var input = Inputs[index];
        var raw = Raw[index];
        var type = TypeOf(input);
        if (type == TensorType.Bytes)
            BinaryTensors.CheckBytes(input.Name, input.Shape, raw.Memory!, raw.Length);
        else if (BinaryTensors.ExpectedBytes(input.Name, type, input.Shape) is var expected && expected != raw.Length)
            throw ServingException.Invalid($"raw_input_contents of input '{input.Name}' has {raw.Length} bytes, but shape {Shape.Text(input.Shape)} of {type.Name()} takes {expected}");
        if (type == TensorType.Bool)
            BinaryTensors.CheckBool(input.Name, raw.Memory!, raw.Length);
        Raw[index] = raw with { Memory = null };
        return new Tensor(input.Name, type, input.Shape, raw.Memory!, raw.Length);
    }

    private static Tensor FromContents(InferInput input, TensorMemoryPool pool)
    {
        var type = TypeOf(input);
        long expected = BinaryTensors.ExpectedBytes(input.Name, type, input.Shape) is var bytes && type == TensorType.Bytes
            ? Shape.ElementCount(input.Shape)
            : bytes / type.Size();
        if (input.Elements != expected)
            throw ServingException.Invalid($"contents of input '{input.Name}' has {input.Elements} elements, but shape {Shape.Text(input.Shape)} takes {expected}");
        var memory = input.Contents ?? pool.Rent(0);
        input.Contents = null;
        return new Tensor(input.Name, type, input.Shape, memory, input.ContentsLength);
    }

    private static TensorType TypeOf(InferInput input) =>
        input.Type ?? throw ServingException.Invalid($"input '{input.Name}' has no 'datatype'");
}
