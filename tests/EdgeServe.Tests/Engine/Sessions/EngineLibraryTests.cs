using EdgeServe.Engine.Sessions;

namespace EdgeServe.Tests.Engine.Sessions;

public sealed class EngineLibraryTests
{
    /// <summary>A board's library is compared with it before anything is loaded, so it is written down.</summary>
    [Fact]
    public void The_version_a_board_needs_is_the_packaged_one() => Assert.Equal(EngineLibrary.NeededVersion, EngineInfo.Version);
}
