using System.Diagnostics;

namespace Wopr.Bot.Tests;

/// <summary>A real file system of 64 KB, so that it can be full.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    /// <summary>More than there is room for.</summary>
    public static string TooMuch { get; } = new('x', 80_000);

    public static SmallDisk Make(string folder)
    {
        Directory.CreateDirectory(folder);
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder), "Only root may mount a small disk.");
        return new(folder);
    }

    /// <summary>Takes all the room that is left.</summary>
    public void Fill() => Assert.Throws<IOException>(() => File.WriteAllBytes(Ballast, new byte[TooMuch.Length]));

    public void Clear() => File.Delete(Ballast);

    public void Dispose() => Run("umount", "-l", _folder);

    private string Ballast => Path.Combine(_folder, "ballast");

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
