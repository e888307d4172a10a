using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Wopr.Cli;

/// <summary>What the operating system tells us: to stop, or to read the settings again.</summary>
internal sealed class Signals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _restarts =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly List<PosixSignalRegistration> _registrations = [];

    public Signals()
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context => { context.Cancel = true; _stop.Cancel(); }));
        }
        _registrations.Add(PosixSignalRegistration.Create((PosixSignal)Posix.User1, context =>
        {
            context.Cancel = true;
            _restarts.Writer.TryWrite(true);
        }));
    }

    public CancellationToken Stop => _stop.Token;

    public async Task RestartAsync(CancellationToken ct) => await _restarts.Reader.ReadAsync(ct);

    public void Dispose()
    {
        foreach (var registration in _registrations) { registration.Dispose(); }
        _stop.Dispose();
    }
}
