using System.Net;
using System.Text.Json;

namespace Wopr.Architecture.Tests;

public sealed class ApiDocumentTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_API_document_is_what_the_server_serves()
    {
        await using var platform = await RunningPlatform.StartAsync(Ct);
        using var http = new HttpClient { BaseAddress = platform.Address };

        Generated.Check("docs/openapi.json", await http.GetStringAsync("/openapi/v1.json", Ct));
    }

    [Fact]
    public async Task Every_operation_has_a_name_of_its_own_a_summary_and_a_refusal()
    {
        await using var platform = await RunningPlatform.StartAsync(Ct);
        using var http = new HttpClient { BaseAddress = platform.Address };
        using var document = JsonDocument.Parse(await http.GetStringAsync("/openapi/v1.json", Ct));
        var operations = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject()).Select(operation => operation.Value).ToList();

        Assert.NotEmpty(operations);
        Assert.Distinct(operations.Select(operation => operation.GetProperty("operationId").GetString()));
        Assert.All(operations, operation => Assert.NotEmpty(operation.GetProperty("summary").GetString()!));
        Assert.All(operations, operation => Assert.True(operation.GetProperty("responses").TryGetProperty("default", out _)));
    }

    [Fact]
    public async Task The_document_may_be_kept_and_asked_for_again()
    {
        await using var platform = await RunningPlatform.StartAsync(Ct);
        using var http = new HttpClient { BaseAddress = platform.Address };
        var first = await http.GetAsync("/openapi/v1.json", Ct);
        http.DefaultRequestHeaders.IfNoneMatch.Add(first.Headers.ETag!);

        Assert.True(first.Headers.CacheControl!.Public);
        Assert.Equal(HttpStatusCode.NotModified, (await http.GetAsync("/openapi/v1.json", Ct)).StatusCode);
    }
}
