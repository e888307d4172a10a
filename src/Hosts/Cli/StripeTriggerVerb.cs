namespace Wopr.Cli;

internal sealed record StripeTrigger(string Event, string[] Add, string[] Override, int Duplicate);

/// <summary>Makes the sandbox's Stripe do something, in the words of <c>stripe trigger</c>.</summary>
internal static class StripeTriggerVerb
{
    public const string Help = "Make an event happen at the sandbox's Stripe, as the Stripe CLI does. Example: ./wopr sandbox stripe "
        + "trigger checkout.session.completed --add checkout_session:client_reference_id=TENANT "
        + "--add \"checkout_session:metadata[wopr_tenant]=TENANT\" --add checkout_session:customer=cus_123 ($30.00). "
        + "A month of a subscription: ./wopr sandbox stripe trigger invoice.paid --add invoice:customer=cus_123";

    public static async Task<int> RunAsync(Home home, Screen screen, string? url, StripeTrigger trigger, CancellationToken ct)
    {
        var told = await SandboxCall.AskAsync(home, url, HttpMethod.Post, "/stripe/trigger", trigger, "Trigger failed", ct);
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
}
