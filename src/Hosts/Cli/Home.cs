namespace Wopr.Cli;

/// <summary>The folder that holds everything of one stack on this machine: settings, database, logs.</summary>
internal sealed class Home
{
    private Home(string root) => Root = root;

    public string Root { get; }
    public string EnvFile => Path.Combine(Root, ".env");
    public string Postgres => Path.Combine(Root, "postgres");
    public string Objects => Path.Combine(Root, "objects");
    public string Bots => Path.Combine(Root, "bots");
    public string Logs => Path.Combine(Root, "logs");
    public string StateFile => Path.Combine(Root, "run", "state.json");
    public string LockFile => Path.Combine(Root, "run", "lock");

    public static Home At(string? path) =>
        new(Path.GetFullPath(path ?? Environment.GetEnvironmentVariable("WOPR_HOME") ?? ".wopr"));

    /// <summary>The folder itself, or the one a link there points at.</summary>
    public static string Followed(string folder) =>
        new DirectoryInfo(folder).LinkTarget is { } target ? Path.GetFullPath(target, Path.GetDirectoryName(folder)!) : folder;

    public string LogFile(string child) => Path.Combine(Logs, $"{child}.log");

    public void Create()
    {
        Directory.CreateDirectory(Root);
        Directory.CreateDirectory(Path.Combine(Root, "run"));
        Directory.CreateDirectory(Logs);
        Directory.CreateDirectory(Objects);
    }

    /// <summary>Null when somebody else holds it. The kernel lets go of it however its holder dies.</summary>
    public FileStream? TryLock()
    {
        Create();
        try
        {
            return new(LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Too little room ends in a database that stops in the middle of something.</summary>
    public void NeedRoom()
    {
        const long bytesMin = 500L << 20;
        var free = new DriveInfo(Root).AvailableFreeSpace;
        if (free < bytesMin)
        {
            throw new Refusal(Exit.Prerequisite,
                $"Only {free >> 20} MB are free where {Root} lies; {bytesMin >> 20} are needed. Free some space, then run this again.");
        }
    }
}
