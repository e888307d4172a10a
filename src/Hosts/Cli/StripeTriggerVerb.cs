using System.Net.Http.Json;
using System.Text.Json;

namespace Wopr.Cli;

internal sealed record StripeTrigger(string Event, string[] Add, string[] Override, int Duplicate);

/// <summary>Makes the sandbox's Stripe do something, in the words of <c>stripe trigger</c>.</summary>
internal static class StripeTriggerVerb
{
    public const string Help = "Make an event happen at the sandbox's Stripe, as the Stripe CLI does. Example: ./wopr sandbox stripe "
        + "trigger checkout.session.completed --add checkout_session:client_reference_id=TENANT "
        + "--add \"checkout_session:metadata[wopr_tenant]=TENANT\" --add checkout_session:customer=cus_123 ($30.00). "
        + "A month of a subscription: ./wopr sandbox stripe trigger invoice.paid --add invoice:customer=cus_123";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(Home home, Screen screen, string? url, StripeTrigger trigger, CancellationToken ct)
    {
        var address = url ?? EnvFile.TryRead(home)?["SANDBOX_URL"];
        if (!Uri.TryCreate(address, UriKind.Absolute, out var sandbox))
        {
            throw new Refusal(Exit.Usage, "There is no stack here. Run ./wopr up first, or name a sandbox: --url http://localhost:3900.");
        }
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = sandbox, Timeout = s_patience };
        var told = await AskAsync(http, trigger, ct);
        screen.Result(new { @event = "triggered", type = trigger.Event, id = told.GetProperty("id").GetString() }, () =>
        {
            foreach (var fixture in told.GetProperty("fixtures").EnumerateArray())
            {
                Console.WriteLine($"Setting up fixture for: {fixture.GetString()}");
                Console.WriteLine($"Running fixture for: {fixture.GetString()}");
            }
            Console.WriteLine("Trigger succeeded! Check dashboard for event details.");
        });
        return Exit.Ok;
    }

    private static async Task<JsonElement> AskAsync(HttpClient http, StripeTrigger trigger, CancellationToken ct)
    {
        try
        {
            using var answer = await http.PostAsJsonAsync("/stripe/trigger", trigger, Json.Options, ct);
            var body = await answer.Content.ReadFromJsonAsync<JsonElement>(ct);
            return answer.IsSuccessStatusCode
                ? body
                : throw new Refusal(Exit.Usage, $"Trigger failed: {body.GetProperty("error").GetString()}");
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
            throw new Refusal(Exit.Unhealthy, "The sandbox does not answer in time. ./wopr logs sandbox shows what it does.");
        }
    }
}
