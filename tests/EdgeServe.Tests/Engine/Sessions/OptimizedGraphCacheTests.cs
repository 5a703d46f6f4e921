using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Sessions;
using EdgeServe.TestModels;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Tests.Engine.Sessions;

/// <summary>Graphs that the engine optimised before: used when intact, made again when not.</summary>
public sealed class OptimizedGraphCacheTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("edgeserve-").FullName;
    private readonly TensorMemoryPool _pool = new();

    private string Cache => Path.Combine(_root, "cache");

    private string Model => Path.Combine(_root, "model.onnx");

    public void Dispose()
    {
        _pool.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void A_graph_is_kept_and_answers_the_same()
    {
        File.WriteAllBytes(Model, TestGraphs.Dense(256, 256, 10));
        float[] fresh = Answer();
        string entry = Assert.Single(Directory.GetFiles(Cache, "*.onnx"));
        var written = File.GetLastWriteTimeUtc(entry);
        Assert.Equal(fresh, Answer());
        Assert.Equal(written, File.GetLastWriteTimeUtc(entry));
    }

    [Fact]
    public void A_damaged_entry_is_made_again()
    {
        File.WriteAllBytes(Model, TestGraphs.Dense(256, 256, 10));
        float[] fresh = Answer();
        string entry = Assert.Single(Directory.GetFiles(Cache, "*.onnx"));
        byte[] bytes = File.ReadAllBytes(entry);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(entry, bytes);
        Assert.Equal(fresh, Answer());
        Assert.NotEqual(bytes, File.ReadAllBytes(entry));
    }

    [Fact]
    public void Another_model_gets_another_entry_and_a_small_one_none()
    {
        File.WriteAllBytes(Model, TestGraphs.Dense(256, 256, 10));
        Answer();
        File.WriteAllBytes(Model, TestGraphs.Dense(256, 300, 10));
        Answer();
        Assert.Equal(2, Directory.GetFiles(Cache, "*.onnx").Length);
        File.WriteAllBytes(Model, TestGraphs.Dense(256, 10));
        Answer();
        Assert.Equal(2, Directory.GetFiles(Cache, "*.onnx").Length);
    }

    [Fact]
    public void A_disk_that_does_not_take_the_copy_keeps_no_model_from_serving()
    {
        File.WriteAllBytes(Model, TestGraphs.Dense(256, 256, 10));
        float[] fresh = Answer();
        Directory.Delete(Cache, recursive: true);
        // The device whose every write finds no room, under the name the engine writes to.
        Directory.CreateDirectory(Cache);
        string entry = Path.Combine(Cache, new OptimizedGraphCache(Cache).Find(Model, "cpu")!.TemporaryPath);
        File.CreateSymbolicLink(entry, "/dev/full");
        Assert.Equal(fresh, Answer());
        Assert.Empty(Directory.GetFiles(Cache));
    }

    [Fact]
    public void Old_entries_leave_for_new_ones_and_what_a_dead_process_left_goes()
    {
        File.WriteAllBytes(Model, TestGraphs.Dense(256, 256, 10));
        Answer();
        string old = Assert.Single(Directory.GetFiles(Cache, "*.onnx"));
        File.WriteAllText(Path.Combine(Cache, $"left.{int.MaxValue}.tmp"), "half");
        File.WriteAllBytes(Model, TestGraphs.Dense(256, 300, 10));
        Answer(budget: 400 << 10);
        Assert.NotEqual(old, Assert.Single(Directory.GetFiles(Cache, "*.onnx")));
        Assert.Equal(2, Directory.GetFiles(Cache).Length);
    }

    private float[] Answer(long budget = OptimizedGraphCache.DefaultBudgetBytes)
    {
        var factory = new OnnxSessionFactory(_pool, new OptimizedGraphCache(Cache, budget), NullLogger<OnnxSessionFactory>.Instance);
        using var session = factory.Open(Model, new ExecutionDefinition());
        var memory = _pool.Rent(256 * sizeof(float));
        var ones = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(memory.Span(0, 256 * sizeof(float)));
        ones.Fill(1);
        using var run = session.RentRun();
        var outputs = run.Run([new Tensor("x", TensorType.Fp32, [1, 256], memory, 256 * sizeof(float))], ["y"]);
        float[] answer = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(outputs.Tensors[0].Bytes).ToArray();
        outputs.Release();
        memory.Release();
        return answer;
    }
}
