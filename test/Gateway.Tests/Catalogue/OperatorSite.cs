using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wopr.Audit;
using Wopr.Gateway.Catalogue;
using Wopr.Kernel;

namespace Wopr.Gateway.Tests.Catalogue;

/// <summary>The operators' routes on a real port, and beside them a provider that lists what it is told to.</summary>
internal sealed class OperatorSite : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly WebApplication _provider;

    private OperatorSite(WebApplication app, WebApplication provider, NpgsqlDataSource source)
    {
        (_app, _provider, Source) = (app, provider, source);
        Http = new() { BaseAddress = new(app.Urls.First()) };
    }

    public NpgsqlDataSource Source { get; }

    public HttpClient Http { get; }

    public Db Db => Get<Db>();

    public string ProviderUrl => _provider.Urls.First();

    public Listing Provider => _provider.Services.GetRequiredService<Listing>();

    public static async Task<OperatorSite> StartAsync(CancellationToken ct, bool asOperator = true)
    {
        var source = await Replica.DatabaseAsync(ct);
        var reader = new SettingsReader(Replica.Keys);
        var builder = Quiet();
        builder.Services.AddSingleton(source).AddSingleton<Db>().AddSingleton(TimeProvider.System).AddSingleton<TrpcProcedures>();
        builder.Services.AddProblemDetails(problems => problems.CustomizeProblemDetails = ProblemHttp.Complete);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
        });
        builder.AddKernel();
        builder.AddVault(reader);
        builder.AddAudit();
        builder.AddCatalogue(reader);
        var app = builder.Build();
        app.Use((context, next) =>
        {
            context.SetActor(new(ActorKind.User, "u1") { UserId = "u1", IsPlatformAdmin = asOperator, Scope = Scope.Admin });
            return next(context);
        });
        app.UseRouting();
        app.UseAccess();
        app.MapCatalogue();
        await app.StartAsync(ct);

        var listing = Quiet();
        listing.Services.AddSingleton<Listing>();
        var provider = listing.Build();
        provider.MapGet("/api/v1/models", (HttpContext context, Listing said) =>
        {
            said.Authorization = context.Request.Headers.Authorization.ToString();
            return Results.Text(said.Body, "application/json", statusCode: (int)said.Status);
        });
        await provider.StartAsync(ct);
        return new(app, provider, source);
    }

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public async Task<(HttpStatusCode Status, JsonElement Body)> AskAsync(HttpMethod method, string path, object? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, $"/api/admin/gateway/{path}");
        if (body is not null) { request.Content = JsonContent.Create(body); }
        using var answer = await Http.SendAsync(request, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return (answer.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _provider.StopAsync();
        await _app.DisposeAsync();
        await _provider.DisposeAsync();
        await Source.DisposeAsync();
    }

    private static WebApplicationBuilder Quiet()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder;
    }
}

internal sealed class Listing
{
    public string Body { get; set; } = """{"data":[]}""";

    public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

    public string? Authorization { get; set; }
}
