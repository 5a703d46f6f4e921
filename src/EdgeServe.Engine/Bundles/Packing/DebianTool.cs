using System.ComponentModel;
using System.Diagnostics;

namespace EdgeServe.Engine.Bundles.Packing;

/// <summary>Runs one of dpkg's tools: by its full path, without a shell, with an environment of its own.</summary>
internal static class DebianTool
{
    private const int MostCharacters = 64 << 10;

    /// <returns>Exit code and standard output, without the last line end.</returns>
    /// <exception cref="BundleException"><see cref="BundleError.NotFound"/>: this machine has no such tool.</exception>
    public static (int ExitCode, string Output) Run(string tool, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo(tool) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LC_ALL"] = "C";
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            // Not more than the pipe holds is ever said there.
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            char[] output = new char[MostCharacters];
            int length = process.StandardOutput.ReadBlock(output);
            process.StandardOutput.Close();
            process.WaitForExit();
            return (process.ExitCode, new string(output, 0, length).TrimEnd('\n'));
        }
        catch (Win32Exception e)
        {
            throw new BundleException(BundleError.NotFound, $"{tool} cannot be run: {e.Message}", "The program is packed and installed on Debian-like systems.", e);
        }
    }
}
