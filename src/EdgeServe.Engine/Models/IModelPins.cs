namespace EdgeServe.Engine.Models;

/// <summary>Who is bound to versions that may no longer serve: their files are kept.</summary>
public interface IModelPins
{
    /// <returns>The versions that unfinished work needs; null when that cannot be told now: then everything is kept.</returns>
    IReadOnlySet<ModelVersionKey>? Pinned();
}
