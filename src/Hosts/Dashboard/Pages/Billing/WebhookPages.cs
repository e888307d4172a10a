using Wopr.Client;
using Wopr.Dashboard.Http;
using Wopr.Kernel;

namespace Wopr.Dashboard.Pages.Billing;

/// <summary>Addresses that are told what happens, and what was sent to them.</summary>
internal static class WebhookPages
{
    public static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/webhooks");
        pages.MapGet("", (Visit visit, CancellationToken ct) => ListAsync(visit, Form.Empty, made: null, ct));
        pages.MapPost("", CreateAsync);
        pages.MapGet("/{id}", (Visit visit, string id, string? cursor, CancellationToken ct) =>
            OneAsync(visit, id, cursor, Form.Empty, secret: null, ct));
        pages.MapPost("/{id}/rotate", RotateAsync);
        pages.MapPost("/{id}/test", (Visit visit, string id, CancellationToken ct) =>
            DoneAsync(visit, id, "webhook-test", visit.Platform.Webhooks.TestAsync(id, ct), ct));
        pages.MapPost("/{id}/enable", (Visit visit, string id, CancellationToken ct) =>
            DoneAsync(visit, id, "webhook-on", visit.Platform.Webhooks.EnableAsync(id, ct), ct));
        pages.MapPost("/{id}/deliveries/{delivery}/redeliver", (Visit visit, string id, string delivery, CancellationToken ct) =>
            DoneAsync(visit, id, "webhook-again", visit.Platform.Webhooks.RedeliverAsync(id, delivery, ct), ct));
        pages.MapPost("/{id}/delete", DeleteAsync);
        pages.MapGet("/{id}/{**rest}", (string id) => Page.Go(At(id)));
    }

    private static async Task<IResult> ListAsync(Visit visit, Form form, Webhook? made, CancellationToken ct) =>
        (await visit.Platform.Webhooks.ListAsync(ct)).Succeeded(out var list, out var problem)
            ? Page.Show<WebhooksPage>(new { List = list, Form = form, Made = made }, form)
            : Troubles.Of(problem);

    // The answer is the page itself and no redirect: the secret is told once.
    private static async Task<IResult> CreateAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("url", "Give the address of your program, such as https://example.com/wopr.");
        var events = request.HasFormContentType ? (await request.ReadFormAsync(ct))["events"].OfType<string>().ToArray() : [];
        if (events.Length == 0) { form.Refuse("events", "Choose at least one event."); }
        if (form.IsRefused) { return await ListAsync(visit, form, made: null, ct); }
        var outcome = await visit.Platform.Webhooks.CreateAsync(form.Trimmed("url"), events, ct);
        if (outcome.Succeeded(out var made, out var problem)) { return await ListAsync(visit, Form.Empty, made, ct); }
        form.Refuse(problem);
        return await ListAsync(visit, form, made: null, ct);
    }

    private static async Task<IResult> OneAsync(
        Visit visit, string id, string? cursor, Form form, string? secret, CancellationToken ct)
    {
        if (!(await visit.Platform.Webhooks.ListAsync(ct)).Succeeded(out var list, out var problem)) { return Troubles.Of(problem); }
        if (list.Webhooks.FirstOrDefault(each => each.Id == id) is not { } webhook) { return Troubles.NotFound(); }
        return (await visit.Platform.Webhooks.DeliveriesAsync(id, cursor, ct)).Succeeded(out var deliveries, out problem)
            ? Page.Show<WebhookPage>(new { Webhook = webhook, Deliveries = deliveries, Form = form, Secret = secret }, form)
            : Troubles.Of(problem);
    }

    private static async Task<IResult> RotateAsync(Visit visit, string id, CancellationToken ct)
    {
        var form = Form.Of();
        if ((await visit.Platform.Webhooks.RotateAsync(id, ct)).Succeeded(out var webhook, out var problem))
        {
            return await OneAsync(visit, id, cursor: null, Form.Empty, webhook.Secret, ct);
        }
        form.Refuse(problem);
        return await OneAsync(visit, id, cursor: null, form, secret: null, ct);
    }

    private static async Task<IResult> DeleteAsync(Visit visit, string id, CancellationToken ct) =>
        (await visit.Platform.Webhooks.DeleteAsync(id, ct)).Problem is { } problem
            ? Troubles.Of(problem)
            : Page.Go("/billing/webhooks?done=webhook-deleted");

    private static async Task<IResult> DoneAsync(Visit visit, string id, string news, Task<Result<Done>> act, CancellationToken ct)
    {
        if ((await act).Problem is not { } problem) { return Page.Go($"{At(id)}?done={news}"); }
        var form = Form.Of();
        form.Refuse(problem);
        return await OneAsync(visit, id, cursor: null, form, secret: null, ct);
    }

    private static string At(string id) => $"/billing/webhooks/{Uri.EscapeDataString(id)}";
}

/// <summary>What a tenant can be told, in words.</summary>
internal static class WebhookWords
{
    public static string Of(string name) => name switch
    {
        "balance.low" => "The balance gets low",
        "payment.received" => "A payment arrived",
        "payment.failed" => "A payment failed",
        "bot.suspended" => "Bots are stopped for want of credits",
        "bot.resumed" => "Bots start again after a payment",
        "bot.state" => "A bot changes its state",
        "webhook.test" => "A test",
        _ => name,
    };

    public static (string Tone, string Text) Status(string status) => status switch
    {
        "active" => ("good", "works"),
        "failing" => ("warn", "failing"),
        "disabled" => ("bad", "off"),
        _ => ("", status),
    };

    public static string Tone(string status) => status switch { "delivered" => "good", "failed" => "bad", _ => "" };
}
