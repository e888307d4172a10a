using System.Reflection;

namespace Wopr.Testing;

/// <summary>Documents made from the program. They are compared, or written anew when asked to.</summary>
public static class Generated
{
    private static bool Updates => Environment.GetEnvironmentVariable("WOPR_UPDATE") == "1";

    /// <summary>Of the test program that makes the document.</summary>
    private static string Project => Assembly.GetEntryAssembly()!.GetName().Name!["Wopr.".Length..];

    public static void Check(string path, string text)
    {
        var file = Repository.Full(path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (Updates) { File.WriteAllText(file, text); }
        var there = File.Exists(file) ? File.ReadAllText(file) : "";
        if (there == text) { return; }
        var (old, now) = (there.Split('\n'), text.Split('\n'));
        var at = old.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.Fail($"{path} is out of date from line {at + 1}. Run ./wopr docs and commit what changes.\n"
        throw new InvalidOperationException($"{path} is out of date from line {at + 1}. Run WOPR_UPDATE=1 dotnet run "
            + $"--project test/{Project}, with TEST_POSTGRES naming a server, and commit what changes.\n"
            + $"  there: {old.ElementAtOrDefault(at)}\n  now:   {now.ElementAtOrDefault(at)}");
    }
}
