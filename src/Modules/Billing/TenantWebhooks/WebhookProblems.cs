using Wopr.Kernel;

namespace Wopr.Billing;

internal static class WebhookProblems
{
    public static Problem BadUrl { get; } = new(ProblemKind.Invalid, "webhooks.bad_url",
        "A webhook's address begins with https://, names a public host, and has no user name in it.");

    public static Problem BadEvents { get; } = new(ProblemKind.Invalid, "webhooks.bad_events",
        $"Say which events to send, each once: {string.Join(", ", WebhookEvents.All)}.");

    public static Problem TooMany { get; } = new(ProblemKind.Conflict, "webhooks.too_many",
        $"There are {TenantWebhookOptions.EndpointsMax} webhooks already. Delete one that you no longer need.");

    public static Problem Missing { get; } = new(ProblemKind.NotFound, "webhooks.not_found", "There is no such webhook.");

    public static Problem NoDelivery { get; } = new(ProblemKind.NotFound, "webhooks.no_delivery",
        "There is no such delivery in the log of this webhook.");

    public static Problem Disabled { get; } = new(ProblemKind.Conflict, "webhooks.disabled",
        "This webhook was turned off because it failed for three days. Mend it and turn it on again.");
}
