namespace Wopr.Bot.Tests;

/// <summary>A bot's folder, gone after the test.</summary>
internal sealed class TestHome : IDisposable
{
    private readonly StringWriter _log = new();

    public TestHome()
    {
        Path = Directory.CreateTempSubdirectory("wopr-bot-").FullName;
        Log = new(_log, TimeProvider.System, LogLevel.Debug);
    }

    public string Path { get; }

    public Log Log { get; }

    public string Logged { get { lock (_log) { return _log.ToString(); } } }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
