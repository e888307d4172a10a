using System.Net.Http.Json;
using System.Text.Json;

namespace Wopr.Cli;

/// <summary>Asks the sandbox for something.</summary>
internal static class SandboxCall
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static async Task<JsonElement> AskAsync(
        Home home, string? url, HttpMethod method, string path, object? body, string whatFailed, CancellationToken ct)
    {
        var address = url ?? EnvFile.TryRead(home)?["SANDBOX_URL"];
        if (!Uri.TryCreate(address, UriKind.Absolute, out var sandbox))
        {
            throw new Refusal(Exit.Usage,
                "There is no stack here. Run ./wopr up first, or name a sandbox: --url http://localhost:3900.");
        }
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = sandbox,
            Timeout = s_patience,
        };
        try
        {
            using var request = new HttpRequestMessage(method, path)
            {
                Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: Json.Options),
            };
            using var answer = await http.SendAsync(request, ct);
            var told = await answer.Content.ReadFromJsonAsync<JsonElement>(ct);
            return answer.IsSuccessStatusCode
                ? told
                : throw new Refusal(Exit.Usage, $"{whatFailed}: {told.GetProperty("error").GetString()}");
        }
        catch (HttpRequestException)
        {
            throw new Refusal(Exit.Unhealthy, "The sandbox does not answer. Is it up? ./wopr status tells.");
        }
        catch (JsonException)
        {
            throw new Refusal(Exit.Unhealthy, $"What answers at {http.BaseAddress} is not the sandbox.");
        }
        catch (TaskCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new Refusal(Exit.Unhealthy,
                "The sandbox does not answer in time. ./wopr logs sandbox shows what it does.");
        }
    }
}
