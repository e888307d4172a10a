using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.LedgerLoad;

/// <summary>
/// Loaded into a real Platform process by <c>DOTNET_STARTUP_HOOKS</c>: meters requests there as the gateway does, so that
/// killing the process kills them too. The runtime wants this name, and no namespace.
/// </summary>
#pragma warning disable CA1050
internal sealed class StartupHook
#pragma warning restore CA1050
{
    public static void Initialize() => DiagnosticListener.AllListeners.Subscribe(new Listeners());

    private sealed class Listeners : IObserver<DiagnosticListener>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting") { value.Subscribe(new Hosts()); }
        }

        public void OnCompleted() { }

        public void OnError(Exception error) { }
    }

    private sealed class Hosts : IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is not { Key: "HostBuilt", Value: IHost host }) { return; }
            var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
            lifetime.ApplicationStarted.Register(() => _ = new MeteredLoad(host.Services).RunAsync(lifetime.ApplicationStopping));
        }

        public void OnCompleted() { }

        public void OnError(Exception error) { }
    }
}
