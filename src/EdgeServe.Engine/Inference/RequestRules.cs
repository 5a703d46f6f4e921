using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Inference;

/// <summary>What the protocol demands of a complete request, whatever wire it came by. Puts the inputs into the model's order.</summary>
public static class RequestRules
{
    /// <exception cref="ServingException"><see cref="ServingError.InvalidArgument"/>, in the protocol's words.</exception>
    public static void Check(InferRequest request)
    {
        var model = request.Model;
        var specs = model.Signature.Inputs;
        OrderInputs(request, specs);
        int batch = -1;
        long bytes = 0;
        for (int i = 0; i < specs.Length; i++)
        {
            var input = request.Inputs[i];
            bytes += input.ByteLength;
            if (input.Type != specs[i].Type)
                throw ServingException.Invalid($"inference input '{input.Name}' data-type is '{input.Type.Name()}', but model '{model.Key.Name}' expects '{specs[i].Type.Name()}'");
            if (!Shape.Fits(specs[i].Shape, input.Shape))
                throw ServingException.Invalid($"unexpected shape for input '{input.Name}' for model '{model.Key.Name}'. Expected {Shape.Text(specs[i].Shape)}, got {Shape.Text(input.Shape)}");
            if (model.MaxBatchSize > 0)
                CheckBatch(model, input, ref batch);
        }

        request.BatchSize = Math.Max(1, batch);
        request.InputBytes = bytes;
        if (request.Outputs.Length > 0)
            CheckOutputs(request);
    }

    private static void OrderInputs(InferRequest request, TensorSpec[] specs)
    {
        var inputs = request.Inputs;
        bool ordered = inputs.Count == specs.Length;
        for (int i = 0; ordered && i < specs.Length; i++)
            ordered = inputs[i].Name == specs[i].Name;
        if (ordered)
            return;
        string name = request.Model.Key.Name;
        foreach (var input in inputs)
        {
            if (Array.TrueForAll(specs, s => s.Name != input.Name))
                throw ServingException.Invalid($"unexpected inference input '{input.Name}' for model '{name}'");
        }

        if (inputs.Count != specs.Length)
        {
            string got = string.Join(", ", inputs.Select(i => $"'{i.Name}'"));
            string missing = string.Join(", ", specs.Where(s => inputs.TrueForAll(i => i.Name != s.Name)).Select(s => $"'{s.Name}'"));
            throw ServingException.Invalid(
                $"expected {specs.Length} inputs but got {inputs.Count} inputs for model '{name}'. Got input(s) [{got}], but missing required input(s) [{missing}]. Please provide all required input(s).");
        }

        inputs.Sort((a, b) => Array.FindIndex(specs, s => s.Name == a.Name) - Array.FindIndex(specs, s => s.Name == b.Name));
    }

    private static void CheckBatch(ServedModel model, Tensor input, ref int batch)
    {
        long rows = input.Shape[0];
        if (rows > model.MaxBatchSize)
            throw ServingException.Invalid($"inference request batch-size must be <= {model.MaxBatchSize} for '{model.Key.Name}'");
        if (batch >= 0 && batch != rows)
            throw ServingException.Invalid($"input '{input.Name}' batch size does not match other inputs for '{model.Key.Name}'");
        batch = (int)rows;
    }

    private static void CheckOutputs(InferRequest request)
    {
        var seen = request.Outputs;
        for (int i = 0; i < seen.Length; i++)
        {
            string name = seen[i].Name;
            if (request.Model.Signature.IndexOfOutput(name) < 0)
                throw ServingException.Invalid($"unexpected inference output '{name}' for model '{request.Model.Key.Name}'");
            for (int j = 0; j < i; j++)
            {
                if (seen[j].Name == name)
                    throw ServingException.Invalid($"output '{name}' already exists in request");
            }
        }
    }
}
