using System.Security.Cryptography;
using System.Text;
using Wopr.Auth;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>Which customer of Stripe's a tenant is. The first one stays, so that its cards and subscription stay with it.</summary>
internal sealed class TenantCustomers(Db db, StripeClient stripe, TenantDirectory tenants, TimeProvider time)
{
    public Task<string?> FindAsync(string tenant, CancellationToken ct) => db.ValueAsync<string>(
        $"select processor_customer_id from billing.tenant_customers where tenant = {tenant}", ct);

    public static Task<string?> TenantOfAsync(Db tx, string customer, CancellationToken ct) => tx.ValueAsync<string>(
        $"select tenant from billing.tenant_customers where processor_customer_id = {customer}", ct);

    /// <summary>False when the customer belongs to another tenant.</summary>
    public async Task<bool> BindAsync(Db tx, string tenant, string customer, CancellationToken ct)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await tx.ExecuteAsync($"""
            insert into billing.tenant_customers (tenant, processor_customer_id, created_at, updated_at)
            values ({tenant}, {customer}, {now}, {now})
            on conflict do nothing
            """, ct);
        return (await TenantOfAsync(tx, customer, ct) ?? tenant) == tenant;
    }

    /// <summary>The tenant's customer; makes one when there is none.</summary>
    public async Task<Result<string>> EnsureAsync(string tenant, CancellationToken ct)
    {
        if (await FindAsync(tenant, ct) is { } known) { return known; }
        var email = (await tenants.FindAsync(db, tenant, ct))?.Email;
        // The address is part of the key, because Stripe refuses a key that comes again with another request.
        var key = $"customer-{tenant}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(email ?? "")))}";
        if (!(await stripe.CreateCustomerAsync(tenant, email, key, ct)).Succeeded(out var customer, out var problem)) { return problem; }
        await BindAsync(db, tenant, customer.Id, ct);
        return await FindAsync(tenant, ct) ?? customer.Id;
    }

    /// <summary>The customer was deleted in Stripe.</summary>
    public static Task ForgetAsync(Db tx, string customer, CancellationToken ct) => tx.ExecuteAsync(
        $"delete from billing.tenant_customers where processor_customer_id = {customer}", ct);
}
