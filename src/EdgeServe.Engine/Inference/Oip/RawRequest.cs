using System.Buffers.Binary;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>The raw binary request: the whole body is the only input's content, its shape deduced from its length.</summary>
internal static class RawRequest
{
    public static void CheckModel(ServedModel model)
    {
        var inputs = model.Signature.Inputs;
        if (inputs.Length != 1)
            throw ServingException.Invalid($"Raw request must only have 1 input (found 1) to be deduced but got {inputs.Length} inputs in '{model.Key.Name}' model configuration");
        int variable = VariableDimensions(model);
        if (variable > 1)
            throw ServingException.Invalid($"Raw request cannot deduce the shape of input '{inputs[0].Name}' of model '{model.Key.Name}': {Shape.Text(inputs[0].Shape)} has {variable} variable dimensions");
    }

    public static void Complete(InferRequest request, ref TensorBuilder body)
    {
        var spec = request.Model.Signature.Inputs[0];
        long length = body.Length;
        var shape = (long[])spec.Shape.Clone();
        if (request.Model.MaxBatchSize > 0)
            shape[0] = 1;
        if (spec.Type == TensorType.Bytes)
            Prefix(request, shape, ref body);
        else
            Deduce(request, shape, length);
        long bytes = body.Length;
        var memory = body.Detach();
        request.Inputs.Add(new Tensor(spec.Name, spec.Type, shape, memory, bytes));
        if (spec.Type == TensorType.Bool)
            BinaryTensors.CheckBool(spec.Name, memory, bytes);
        request.BinaryDataOutput = true;
    }

    private static int VariableDimensions(ServedModel model)
    {
        var shape = model.Signature.Inputs[0].Shape;
        int first = model.MaxBatchSize > 0 ? 1 : 0;
        return shape.Skip(first).Count(d => d < 0);
    }

    private static void Deduce(InferRequest request, long[] shape, long length)
    {
        var spec = request.Model.Signature.Inputs[0];
        int variable = Array.FindIndex(shape, d => d < 0);
        if (variable >= 0)
            shape[variable] = 1;
        long unit = BinaryTensors.ExpectedBytes(spec.Name, spec.Type, shape);
        if (variable >= 0 && unit > 0 && length % unit == 0)
            shape[variable] = length / unit;
        else if (length != unit)
            throw ServingException.Invalid($"Raw request has {length} bytes, but input '{spec.Name}' of model '{request.Model.Key.Name}' takes {(variable >= 0 ? $"a multiple of {unit}" : unit)}");
    }

    private static void Prefix(InferRequest request, long[] shape, ref TensorBuilder body)
    {
        int variable = Array.FindIndex(shape, d => d < 0);
        if (variable >= 0)
            shape[variable] = 1;
        if (Shape.ElementCount(shape) != 1)
            throw ServingException.Invalid($"Raw request takes one BYTES element, but input '{request.Model.Signature.Inputs[0].Name}' has shape {Shape.Text(shape)}");
        long length = body.Length;
        body.Ensure(sizeof(uint));
        var all = body.Span(0, checked((int)length + sizeof(uint)));
        all[..(int)length].CopyTo(all[sizeof(uint)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(all, (uint)length);
        body.Length = length + sizeof(uint);
    }
}
