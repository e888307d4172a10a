using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;

namespace Wopr.Billing;

internal sealed record CreateWebhook(string Url, IReadOnlyList<string> Events);

internal sealed record WebhookById(Id<TenantWebhook> Id);

internal sealed record DeliveriesOfWebhook(Id<TenantWebhook> Id, string? Cursor = null, int? Limit = null);

internal sealed record RedeliverWebhook(Id<TenantWebhook> Id, Id<WebhookDelivery> Delivery);

internal sealed record WebhookList(IReadOnlyList<WebhookView> Webhooks, IReadOnlyList<string> Events);

internal static class WebhookRoutes
{
    private static readonly Access s_read = Access.Tenant(Role.Member);
    private static readonly Access s_write = Access.Tenant(Role.Admin);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/webhooks").WithTags("Webhooks");
        group.MapGet("/", async (HttpContext context, TenantWebhooks webhooks, CancellationToken ct) =>
            new WebhookList(await webhooks.ListAsync(context.Actor(), ct), WebhookEvents.All)).Requires(s_read);
        group.MapPost("/", CreateAsync).Requires(s_write);
        group.MapDelete("/{id}", DeleteAsync).Requires(s_write);
        group.MapPost("/{id}/rotate", RotateAsync).Requires(s_write);
        group.MapPost("/{id}/enable", EnableAsync).Requires(s_write);
        group.MapPost("/{id}/test", TestAsync).Requires(s_write);
        group.MapGet("/{id}/deliveries", DeliveriesAsync).Requires(s_read);
        group.MapPost("/{id}/deliveries/{delivery}/redeliver", RedeliverAsync).Requires(s_write);

        routes.MapQuery<NoInput, WebhookList>("webhooks.list", s_read, async (context, _, ct) =>
            new WebhookList(await Webhooks(context).ListAsync(context.Actor(), ct), WebhookEvents.All));
        routes.MapMutation<CreateWebhook, WebhookView>("webhooks.create", s_write, (context, input, ct) =>
            Webhooks(context).CreateAsync(context.Actor(), input.Url, input.Events, ct));
        routes.MapMutation<WebhookById, Done>("webhooks.delete", s_write, (context, input, ct) =>
            Webhooks(context).DeleteAsync(context.Actor(), input.Id, ct));
        routes.MapMutation<WebhookById, WebhookView>("webhooks.rotate", s_write, (context, input, ct) =>
            Webhooks(context).RotateAsync(context.Actor(), input.Id, ct));
        routes.MapMutation<WebhookById, WebhookView>("webhooks.enable", s_write, (context, input, ct) =>
            Webhooks(context).EnableAsync(context.Actor(), input.Id, ct));
        routes.MapMutation<WebhookById, WebhookSent>("webhooks.test", s_write, (context, input, ct) =>
            Webhooks(context).TestAsync(context.Actor(), input.Id, ct));
        routes.MapQuery<DeliveriesOfWebhook, Page<WebhookDelivery>>("webhooks.deliveries", s_read, (context, input, ct) =>
            Webhooks(context).DeliveriesAsync(context.Actor(), input.Id, input.Cursor, input.Limit, ct));
        routes.MapMutation<RedeliverWebhook, WebhookSent>("webhooks.redeliver", s_write, (context, input, ct) =>
            Webhooks(context).RedeliverAsync(context.Actor(), input.Id, input.Delivery, ct));
    }

    private static async Task<Results<Ok<WebhookView>, ProblemHttpResult>> CreateAsync(
        HttpContext context, CreateWebhook body, TenantWebhooks webhooks, CancellationToken ct) =>
        (await webhooks.CreateAsync(context.Actor(), body.Url, body.Events, ct)).ToHttp();

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        HttpContext context, Id<TenantWebhook> id, TenantWebhooks webhooks, CancellationToken ct) =>
        (await webhooks.DeleteAsync(context.Actor(), id, ct)).ToHttp();

    private static async Task<Results<Ok<WebhookView>, ProblemHttpResult>> RotateAsync(
        HttpContext context, Id<TenantWebhook> id, TenantWebhooks webhooks, CancellationToken ct) =>
        (await webhooks.RotateAsync(context.Actor(), id, ct)).ToHttp();

    private static async Task<Results<Ok<WebhookView>, ProblemHttpResult>> EnableAsync(
        HttpContext context, Id<TenantWebhook> id, TenantWebhooks webhooks, CancellationToken ct) =>
        (await webhooks.EnableAsync(context.Actor(), id, ct)).ToHttp();

    private static async Task<Results<Ok<WebhookSent>, ProblemHttpResult>> TestAsync(
        HttpContext context, Id<TenantWebhook> id, TenantWebhooks webhooks, CancellationToken ct) =>
        (await webhooks.TestAsync(context.Actor(), id, ct)).ToHttp();

    private static async Task<Results<Ok<Page<WebhookDelivery>>, ProblemHttpResult>> DeliveriesAsync(
        HttpContext context, Id<TenantWebhook> id, string? cursor, int? limit, TenantWebhooks webhooks, CancellationToken ct) =>
        (await webhooks.DeliveriesAsync(context.Actor(), id, cursor, limit, ct)).ToHttp();

    private static async Task<Results<Ok<WebhookSent>, ProblemHttpResult>> RedeliverAsync(
        HttpContext context, Id<TenantWebhook> id, Id<WebhookDelivery> delivery, TenantWebhooks webhooks, CancellationToken ct) =>
        (await webhooks.RedeliverAsync(context.Actor(), id, delivery, ct)).ToHttp();

    private static TenantWebhooks Webhooks(HttpContext context) => context.RequestServices.GetRequiredService<TenantWebhooks>();
}
