using System.Globalization;
using BenchmarkDotNet.Running;
using EdgeServe.Benchmarks;
using EdgeServe.TestModels;

// `models FOLDER` writes the graphs that scripts/bench serves beside the shipped ones; anything else is BenchmarkDotNet's.
if (args is ["models", var folder])
{
    byte[] dense = TestGraphs.Dense(784, 1024, 1024, 10);
    foreach (var (name, definition) in new[] { ("mlp", """{"max_batch_size":32,"dynamic_batching":{}}"""), ("mlp-unbatched", """{"max_batch_size":32}""") })
    {
        string version = Directory.CreateDirectory(Path.Combine(folder, name, "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), dense);
        File.WriteAllText(Path.Combine(version, "model.json"), definition);
    }

    return;
}

// `dense FILE WIDTH` writes a graph of about 4 KB a unit of width.
if (args is ["dense", var file, var width])
{
    File.WriteAllBytes(file, TestGraphs.Dense(784, int.Parse(width, CultureInfo.InvariantCulture), 250, 10));
    return;
}

// `jobs FOLDER FINISHED WAITING` writes a data directory for scripts/bench.
if (args is ["jobs", var data, var finished, var waiting])
{
    JobFill.Write(data, int.Parse(finished, CultureInfo.InvariantCulture), int.Parse(waiting, CultureInfo.InvariantCulture));
    return;
}

// `outbox FOLDER BYTES BATCH_BYTES` writes a data directory with a backlog of telemetry.
if (args is ["outbox", var directory, var bytes, var batchBytes])
{
    await OutboxFill.WriteAsync(directory, long.Parse(bytes, CultureInfo.InvariantCulture), int.Parse(batchBytes, CultureInfo.InvariantCulture));
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
