using System.Reflection;

namespace EdgeServe.Hosting;

/// <summary>This program's own version, without the build's source revision.</summary>
internal static class ProductVersion
{
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
