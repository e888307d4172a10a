namespace Wopr.Testing;

/// <summary>Documents made from the program. They are compared, or written anew when asked to.</summary>
public static class Generated
{
    private static bool Updates => Environment.GetEnvironmentVariable("WOPR_UPDATE") == "1";

    public static void Check(string path, string text)
    {
        var file = Repository.Full(path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (Updates) { File.WriteAllText(file, text); }
        var there = File.Exists(file) ? File.ReadAllText(file) : "";
        if (there == text) { return; }
        var (old, now) = (there.Split('\n'), text.Split('\n'));
        var at = old.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        throw new InvalidOperationException($"{path} is out of date from line {at + 1}. Run ./wopr docs and commit what changes.\n"
            + $"  there: {old.ElementAtOrDefault(at)}\n  now:   {now.ElementAtOrDefault(at)}");
    }
}
