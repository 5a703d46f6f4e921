namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>What was done to the service and what came of it, one row a fault. scripts/faults says where the rows go.</summary>
internal static class FaultSheet
{
    private static readonly Lock Gate = new();
    private static readonly string? File = Environment.GetEnvironmentVariable("FAULT_SHEET");

    public static void Add(string fault, string tried, string outcome)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{fault}: {tried}: {outcome}");
        if (File is null)
            return;
        lock (Gate)
            System.IO.File.AppendAllText(File, $"| {fault} | {tried} | {outcome} |\n");
    }
}
