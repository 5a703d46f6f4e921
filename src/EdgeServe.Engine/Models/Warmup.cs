using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Sessions;

namespace EdgeServe.Engine.Models;

/// <summary>First runs before a version counts as ready, so that no client pays for them. Zeros in, answers thrown away.</summary>
internal static class Warmup
{
    private const long LargestInputElements = 16L << 20;

    public static void Run(ISession session, int runs, TensorMemoryPool pool)
    {
        var inputs = new List<Tensor>();
        try
        {
            foreach (var spec in session.Signature.Inputs)
            {
                if (TryZeros(spec, pool) is not { } tensor)
                    return;
                inputs.Add(tensor);
            }

            using var run = session.RentRun();
            for (int i = 0; i < runs; i++)
                run.Run(inputs, session.Signature.OutputNames).Release();
        }
        catch (ServingException e) when (e.Error == ServingError.RunFailed)
        {
            // A graph may refuse zeros or a dimension of one; that says nothing about real inputs.
        }
        finally
        {
            inputs.ForEach(t => t.Memory.Release());
        }
    }

    /// <returns>Null: too large to be made up.</returns>
    public static Tensor? TryZeros(TensorSpec spec, TensorMemoryPool pool)
    {
        long[] shape = Array.ConvertAll(spec.Shape, d => d < 0 ? 1 : d);
        long elements = Shape.ElementCount(shape);
        if (elements is < 0 or > LargestInputElements)
            return null;
        long bytes = elements * Math.Max(spec.Type.Size(), sizeof(uint));
        var memory = pool.Rent(bytes);
        memory.Span(0, (int)bytes).Clear();
        return new Tensor(spec.Name, spec.Type, shape, memory, spec.Type == TensorType.Bytes ? bytes : elements * spec.Type.Size());
    }
}
