using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Npgsql;
using Wopr.Kernel;
using Wopr.Platform;

namespace Wopr.Architecture.Tests;

/// <summary>The whole Platform, listening, with whatever settings it demands filled in.</summary>
internal sealed class RunningPlatform : IAsyncDisposable
{
    private static readonly TestPostgres s_postgres = new(Schema.Steps);

    private readonly NpgsqlDataSource _source;

    private RunningPlatform(WebApplication app, NpgsqlDataSource source) => (App, _source) = (app, source);

    public WebApplication App { get; }

    public Uri Address => new(App.Urls.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));

    public static async Task<RunningPlatform> StartAsync(CancellationToken ct)
    {
        var source = await s_postgres.CopyAsync(ct);
        var variables = SettingsTypes.Declared.Where(setting => setting.Required)
            .ToDictionary(setting => setting.Name, _ => new string('5', 64));
        variables["PORT"] = "0";
        variables["RATE_LIMIT_FACTOR"] = "100000";
        variables["DATABASE_URL"] = TestPostgres.Url(source);
        var app = Server.Build(new SettingsReader(variables))
            ?? throw new InvalidOperationException("The test configuration has faults.");
        await app.StartAsync(ct);
        return new(app, source);
    }

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
        await _source.DisposeAsync();
    }
}

/// <summary>Every type of settings in the programs, found beside this one.</summary>
internal static class SettingsTypes
{
    public static IReadOnlyList<Type> All { get; } =
    [
        .. from project in Project.All
           let assembly = Assembly.Load($"Wopr.{project.Name}")
           from type in assembly.GetTypes()
           where type.IsAssignableTo(typeof(ISettings)) && type is { IsAbstract: false, IsInterface: false }
           select type,
    ];

    public static IEnumerable<SettingAttribute> Declared => All.SelectMany(SettingsReader.Of).Select(known => known.Setting);
}
