using System.Buffers;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;

namespace EdgeServe.Engine.Models.Golden;

/// <summary>Runs golden samples through the infer flow, the same way a client's request would go.</summary>
internal sealed class GoldenRunner(InferenceEngine engine, TimeProvider time)
{
    /// <summary>Runs one sample against a model version.</summary>
    /// <param name="model">A version the caller holds a lease on.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="repeat">Further runs of the sample, for the latency alone.</param>
    /// <param name="cancellation">Stops between runs and in the middle of one.</param>
    public async Task<GoldenResult> RunAsync(ServedModel model, GoldenSample sample, int repeat, CancellationToken cancellation)
    {
        var outcomes = new List<CheckOutcome>();
        var milliseconds = new List<double>();
        await RunOnceAsync(model, sample, outcomes, milliseconds, cancellation);
        for (int i = 0; i < repeat; i++)
            await RunOnceAsync(model, sample, [], milliseconds, cancellation);
        milliseconds.Sort();
        var worst = outcomes.Where(o => o.Tolerance > 0).OrderByDescending(o => o.Deviation / o.Tolerance).FirstOrDefault();
        string[] failures = [.. outcomes.Select(o => o.Failure).OfType<string>()];
        return new GoldenResult(model.Key.Name, model.Key.Version, sample.Name, failures.Length == 0, failures,
            worst.Deviation, worst.Tolerance, milliseconds.Count == 0 ? 0 : milliseconds[milliseconds.Count / 2]);
    }

    private async Task RunOnceAsync(
        ServedModel model, GoldenSample sample, List<CheckOutcome> outcomes, List<double> milliseconds, CancellationToken cancellation)
    {
        var carried = new List<Tensor>();
        try
        {
            for (int i = 0; i < sample.Steps.Length; i++)
            {
                int first = outcomes.Count;
                await RunStepAsync(model, sample, sample.Steps[i], carried, outcomes, milliseconds, cancellation);
                if (sample.Steps.Length == 1)
                    continue;
                for (int o = first; o < outcomes.Count; o++)
                    outcomes[o] = outcomes[o] with { Failure = outcomes[o].Failure is { } failure ? $"step {i + 1}: {failure}" : null };
            }
        }
        catch (Exception e) when (e is ServingException or InvalidDataException)
        {
            outcomes.Add(new CheckOutcome(e.Message));
        }
        finally
        {
            carried.ForEach(t => t.Memory.Release());
        }
    }

    private async Task RunStepAsync(ServedModel model, GoldenSample sample, GoldenStep step, List<Tensor> carried,
        List<CheckOutcome> outcomes, List<double> milliseconds, CancellationToken cancellation)
    {
        model.Retain();
        using var request = new InferRequest(model) { IsTrial = true };
        Parse(request, step);
        foreach (var tensor in carried)
        {
            if (request.Inputs.Exists(t => t.Name == tensor.Name))
                continue;
            tensor.Memory.Retain();
            request.Inputs.Add(tensor);
        }

        long start = time.GetTimestamp();
        using var response = await engine.InferAsync(request, cancellation);
        milliseconds.Add(time.GetElapsedTime(start).TotalMilliseconds);
        var answer = new GoldenAnswer(response.Tensors);
        foreach (var check in step.Checks)
            outcomes.Add(check.Apply(answer));
        Carry(sample, answer, carried);
    }

    private void Parse(InferRequest request, GoldenStep step)
    {
        using var reader = new OipRequestReader(request, engine.Memory, step.HeaderLength, step.Body.Length);
        long taken = reader.Read(new ReadOnlySequence<byte>(step.Body), completed: true);
        reader.Finish();
        if (taken != step.Body.Length)
            throw new InvalidDataException("bytes are left over behind the request");
    }

    /// <summary>Keeps the outputs that the next step takes as inputs.</summary>
    private void Carry(GoldenSample sample, GoldenAnswer answer, List<Tensor> carried)
    {
        carried.ForEach(t => t.Memory.Release());
        carried.Clear();
        foreach (var (output, input) in sample.Feedback)
        {
            var tensor = answer.Tensor(output);
            var memory = engine.Memory.Rent(tensor.ByteLength);
            tensor.Bytes.CopyTo(memory.Span(0, (int)tensor.ByteLength));
            carried.Add(new Tensor(input, tensor.Type, tensor.Shape, memory, tensor.ByteLength));
        }
    }
}
