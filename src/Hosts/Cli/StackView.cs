using Spectre.Console;

namespace Wopr.Cli;

internal sealed record ServiceView(string Name, string? Url, string State, int? Pid, int Restarts);

/// <summary>What a person or a program needs to know about a stack that is up.</summary>
internal sealed record StackView(
    string Event, bool Up, string Phase, int Supervisor, IReadOnlyList<ServiceView> Services, string Settings, string? Fault)
{
    /// <summary>Only where it was just made: it is stored as a hash and can never be shown again.</summary>
    public string? AdminEmail { get; init; }
    public string? AdminPassword { get; init; }

    public static async Task<StackView> ObserveAsync(string @event, Home home, State state, CancellationToken ct)
    {
        var services = await Task.WhenAll(state.Children.Select(async child => new ServiceView(
            child.Name, child.Url, await StateOfAsync(child, home, ct), child.Process?.Pid, child.Restarts)));
        var phase = state.Phase.ToString().ToLowerInvariant();
        return new(@event, true, phase, state.Supervisor.Pid, services, home.EnvFile, state.Fault?.Sentence);
    }

    public void Show()
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "where", "state");
        foreach (var service in Services.Reverse())
        {
            var where = service.Url ?? (service.Name == ChildSpec.Database ? "./wopr psql" : "dials the platform");
            var state = service.Restarts == 0 ? service.State : $"{service.State}, restarted {service.Restarts}×";
            var color = service.State is "ready" ? "green" : "red";
            table.AddRow(service.Name, Markup.Escape(where), $"[{color}]{Markup.Escape(state)}[/]");
        }
        table.AddRow("settings", Markup.Escape(Settings), "[dim]secrets, ADMIN_TOKEN[/]");
        if (AdminPassword is not null)
        {
            table.AddRow("admin", Markup.Escape(AdminEmail!), $"[yellow]password {Markup.Escape(AdminPassword)}[/]");
        }
        AnsiConsole.Write(table);
        if (AdminPassword is not null) { AnsiConsole.MarkupLine("[yellow]The password is shown this once; write it down.[/]"); }
        if (Fault is not null) { AnsiConsole.MarkupLine($"[red]{Markup.Escape(Fault)}[/]"); }
    }

    private static async Task<string> StateOfAsync(ChildState child, Home home, CancellationToken ct)
    {
        if (child.Process is not { IsAlive: true }) { return "down"; }
        // A database that runs may still be reading its log after a crash.
        if (child.Name == ChildSpec.Database) { return await new Postgres(home, EnvFile.Need(home)).FaultAsync(ct) ?? "ready"; }
        return child.Url is null ? "ready" : await Probe.AskAsync(child.Url, ct) ?? "ready";
    }
}
