using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Inference;

/// <summary>One request as it was measured. Never holds an input.</summary>
internal struct RunRecord
{
    public ServedModel Model;

    /// <summary>When it was answered, in the monotonic clock's ticks.</summary>
    public long At;

    public long QueueNanoseconds;

    public long ComputeNanoseconds;

    public int Rows;

    public bool IsError;

    public ServingError Error;

    /// <summary>Index of the largest value of the output that the definition names; -1: it names none.</summary>
    public int Answer;

    /// <summary>That value.</summary>
    public double Confidence;
}
