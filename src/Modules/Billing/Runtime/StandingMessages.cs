using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>
/// For Fleet: stop the tenant's bots and keep their data. Messages come late and in any order, so ask
/// <see cref="BillingStanding"/> how the tenant stands now before acting on one.
/// </summary>
public sealed record BotsSuspended(string Tenant) : IOutboxMessage
{
    public static string Topic => "billing.bots_suspended";
}

/// <summary>For Fleet: start what was stopped for want of money; see <see cref="BotsSuspended"/>.</summary>
public sealed record BotsResumed(string Tenant) : IOutboxMessage
{
    public static string Topic => "billing.bots_resumed";
}

/// <summary>For Fleet: delete the tenant's bots and their data; see <see cref="BotsSuspended"/>.</summary>
public sealed record BotsExpired(string Tenant) : IOutboxMessage
{
    public static string Topic => "billing.bots_expired";
}
