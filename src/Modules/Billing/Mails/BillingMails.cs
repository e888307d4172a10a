using System.Globalization;
using Wopr.Auth;
using Wopr.Credits;
using Wopr.Kernel;
using Wopr.Notices;

namespace Wopr.Billing;

/// <summary>What we write to tenants' owners about money, each in the transaction of what it tells.</summary>
public sealed class BillingMails(NoticeQueue notices, TenantDirectory tenants, Ledger ledger, BillingLinks links)
{
    /// <summary>A payment was credited. Not for a replay: the first time has sent it.</summary>
    public async Task ReceiptAsync(Db tx, string tenant, Money amount, string reference, CancellationToken ct) => await SendAsync(
        tx, tenant, NoticeTemplate.PaymentReceived, links.Invoices, ct,
        ("amount", Dollars.Of(amount)), ("balance", await BalanceAsync(tx, tenant, ct)), ("reference", reference));

    public async Task RefundedAsync(Db tx, string tenant, Money amount, CancellationToken ct) => await SendAsync(
        tx, tenant, NoticeTemplate.PaymentRefunded, links.Buy, ct,
        ("amount", Dollars.Of(amount)), ("balance", await BalanceAsync(tx, tenant, ct)));

    public Task DisputedAsync(Db tx, string tenant, Money amount, CancellationToken ct) => SendAsync(
        tx, tenant, NoticeTemplate.PaymentDisputed, links.Buy, ct, ("amount", Dollars.Of(amount)));

    internal Task LowBalanceAsync(Db tx, string tenant, Money balance, Money daily, CancellationToken ct) => SendAsync(
        tx, tenant, NoticeTemplate.LowBalance, links.Buy, ct, ("balance", Dollars.Of(balance)), ("daily", Dollars.Of(daily)));

    internal Task GraceAsync(Db tx, string tenant, DateTimeOffset until, CancellationToken ct) => SendAsync(
        tx, tenant, NoticeTemplate.BalanceEmpty, links.Buy, ct, ("date", Moment(until)));

    internal Task SuspendedAsync(Db tx, string tenant, DateTimeOffset destroyAfter, CancellationToken ct) => SendAsync(
        tx, tenant, NoticeTemplate.BotsSuspended, links.Buy, ct, ("date", Moment(destroyAfter)));

    internal Task DeletionReminderAsync(Db tx, string tenant, DateTimeOffset destroyAfter, int days, CancellationToken ct) => SendAsync(
        tx, tenant, NoticeTemplate.BotsDeletionReminder, links.Buy, ct,
        ("days", days == 1 ? "1 day" : string.Create(CultureInfo.InvariantCulture, $"{days} days")), ("date", Moment(destroyAfter)));

    internal Task DeletedAsync(Db tx, string tenant, CancellationToken ct) =>
        SendAsync(tx, tenant, NoticeTemplate.BotsDeleted, links.Buy, ct);

    internal Task TopUpSucceededAsync(Db tx, string tenant, Money amount, Money balance, CancellationToken ct) => SendAsync(
        tx, tenant, NoticeTemplate.TopUpSucceeded, links.Settings, ct, ("amount", Dollars.Of(amount)), ("balance", Dollars.Of(balance)));

    internal Task TopUpFailedAsync(Db tx, string tenant, Money amount, CancellationToken ct) => SendAsync(
        tx, tenant, NoticeTemplate.TopUpFailed, links.Settings, ct, ("amount", Dollars.Of(amount)));

    internal Task TopUpStoppedAsync(Db tx, string tenant, CancellationToken ct) =>
        SendAsync(tx, tenant, NoticeTemplate.TopUpStopped, links.Settings, ct);

    internal Task SpendingAlertAsync(Db tx, string tenant, string what, Money spent, string mark, CancellationToken ct) => SendAsync(
        tx, tenant, NoticeTemplate.SpendingAlert, links.Settings, ct, ("what", what), ("spent", Dollars.Of(spent)), ("mark", mark));

    internal Task WebhookDisabledAsync(Db tx, string tenant, string host, CancellationToken ct) =>
        SendAsync(tx, tenant, NoticeTemplate.WebhookDisabled, links.Settings, ct, ("host", host));

    private async Task<string> BalanceAsync(Db tx, string tenant, CancellationToken ct) =>
        Dollars.Of((await ledger.BalanceAsync(tx, tenant, ct)).Total);

    private static string Moment(DateTimeOffset at) => at.ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);

    // A tenant that was erased has nobody to write to.
    private async Task SendAsync(
        Db tx, string tenant, string template, string link, CancellationToken ct, params (string Name, string Value)[] values)
    {
        if (await tenants.FindAsync(tx, tenant, ct) is not { } contact) { return; }
        var all = values.ToDictionary(value => value.Name, value => value.Value, StringComparer.Ordinal);
        all["name"] = string.IsNullOrWhiteSpace(contact.Name) ? "there" : contact.Name;
        all["link"] = link;
        await notices.SendAsync(tx, new(contact.Email, template, all), ct);
    }
}
