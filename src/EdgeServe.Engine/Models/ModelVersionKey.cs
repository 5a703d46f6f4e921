namespace EdgeServe.Engine.Models;

/// <summary>A model's name and version, as metrics, logs and errors name it.</summary>
public readonly record struct ModelVersionKey(string Name, long Version)
{
    public override string ToString() => $"{Name}/{Version}";
}
