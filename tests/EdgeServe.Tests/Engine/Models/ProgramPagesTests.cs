using EdgeServe.Engine.Models;

namespace EdgeServe.Tests.Engine.Models;

/// <summary>Whose pages may go: one mapping too many, and the process dies.</summary>
public sealed class ProgramPagesTests
{
    private const string Code = "55d9a3200000-55d9a4333000 r-xp 0003c000 fe:00 123 /opt/edgeserve/edgeserve";
    private const string Relocated = "55d9a5a00000-55d9a5a02000 r--p 0211f000 fe:00 123 /opt/edgeserve/edgeserve";
    private const string NoFile = "55d9a5a8c000-55d9a64ca000 rw-p 00000000 00:00 0 ";
    private const string Graph = "7f9af0000000-7f9af1000000 r--p 00000000 fe:00 124 /var/lib/edgeserve/a graph.onnx";

    [Fact]
    public void Code_that_nobody_wrote_to_may_go()
    {
        var mapping = Find(Code, Pages(rss: 14596, anonymous: 0)).Single();
        Assert.Equal(0x55d9a3200000UL, (ulong)mapping.Start);
        Assert.Equal(0x1133000UL, (ulong)mapping.Length);
    }

    [Fact]
    public void Constants_that_were_relocated_stay() => Assert.Single(Find(Code, Pages(8, 0), Relocated, Pages(8, 8)));

    [Fact]
    public void What_is_said_of_memory_without_a_file_is_not_said_of_the_file_before_it() =>
        Assert.Single(Find(Code, Pages(8, 0), Relocated, Pages(8, 8), NoFile, Pages(0, 0)));

    [Fact]
    public void Files_without_code_stay() =>
        Assert.Equal("/opt/edgeserve/edgeserve", Find(Graph, Pages(16384, 0), Code, Pages(8, 0)).Single().File);

    [Fact]
    public void Of_this_very_program_some_may_go_and_it_goes_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells a process its mappings");
        Assert.NotEmpty(ProgramPages.Unchanged(File.ReadLines("/proc/self/smaps")));
        ProgramPages.GiveBack();
        Assert.NotEmpty(ProgramPages.Unchanged(File.ReadLines("/proc/self/smaps")));
    }

    private static List<ProgramPages.Mapping> Find(params string[] smaps) => ProgramPages.Unchanged(smaps.SelectMany(s => s.Split('\n')));

    private static string Pages(int rss, int anonymous) =>
        $"Size: 99999 kB\nRss: {rss} kB\nPrivate_Dirty: {anonymous} kB\nAnonymous: {anonymous} kB\nVmFlags: rd ex mr mw me dw sd";
}
