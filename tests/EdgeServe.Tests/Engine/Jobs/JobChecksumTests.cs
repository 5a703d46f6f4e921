using System.IO.Hashing;
using System.Text;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Jobs.Keys;

namespace EdgeServe.Tests.Engine.Jobs;

/// <summary>Cards in the field hold rows with this checksum: it is the same for ever, however it is computed.</summary>
public class JobChecksumTests
{
    [Theory]
    [InlineData("local", "", "", 0)]
    [InlineData("k0123456789abcdef", "RunFailed", "the model said nön ✓ and\nmore", 0)]
    [InlineData("k0123456789abcdef", "", "", long.MinValue)]
    [InlineData("k0123456789abcdef", "Poison", "long", 42)]
    [InlineData("k0123456789abcdef", "RunFailed", "half", 42)]
    public void It_is_over_the_row_as_lines_of_text(string owner, string code, string message, long key)
    {
        message = message switch
        {
            "long" => new string('é', 100_000),
            // Cut off in the middle of a sign, as messages of other programs are.
            "half" => "it ended at \ud83d",
            _ => message,
        };
        var job = new Job
        {
            Seq = long.MaxValue,
            Id = new JobId(UInt128.Parse("10203040506070809000")),
            Owner = owner,
            State = JobState.Failed,
            Event = 12,
            Priority = 9,
            Model = "ocr-recognition",
            Version = 2,
            AcceptedVersion = 3,
            Attempts = 4,
            Deaths = 1,
            DueMs = long.MinValue,
            NotAfterMs = 7,
            ChangedMs = 8,
            Accepted = new JobMoment(1_800_000_000_123, ClockQuality.Synchronized),
            Started = new JobMoment(1_800_000_000_124, ClockQuality.SetBack),
            RequestBytes = 100,
            ResultBytes = 200,
            Request = PayloadPlace.Database,
            Result = PayloadPlace.File,
            Acknowledged = true,
            RunVersion = 3,
            Digest = "abc",
            Failure = code.Length > 0 ? new JobFailure(code, message) : null,
            Key = new KeyRef(key),
        };
        string text = string.Join('\n', job.Seq, Convert.ToHexStringLower(job.Id.ToBytes()), owner, 3, 12, 9, "ocr-recognition", 2, 3, 4, 1, long.MinValue, 7, 8,
            1_800_000_000_123, 1_800_000_000_124, 0, job.Clocks, 100, 200, job.Places, 1, 3, "abc", code.Length > 0 ? $"{code}\n{message}" : "");
        if (key != 0)
            text += "\n" + key;
        Assert.Equal((long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text)), job.Checksum());
    }
}
