using Wopr.Kernel;

namespace Wopr.Credits.Metering;

/// <summary>Money asked of an account: at least what is needed, better what is wanted.</summary>
internal sealed record Ask(string TenantId, string Capability, Money Need, Money Want);

/// <param name="Purse">Where it was put: under the capability when limits ride on it.</param>
/// <param name="Day">To whose limits it counts; of no day when none ride on it.</param>
/// <param name="Refusal">Why it is less than what was needed; null when it is not.</param>
/// <param name="MayComeBack">Other writers hold some of the tenant's money and have been asked for it.</param>
internal sealed record Grant(Ask Ask, string Purse, DateOnly Day, Money Amount, Problem? Refusal, bool MayComeBack)
{
    /// <summary>Nothing forbids it, there is only not enough.</summary>
    public bool IsJustShort { get; init; }
}

internal sealed record GiveBack(Purse Purse, Money Amount, bool Closes);

/// <summary>
/// Moves money between accounts and this writer's allowances. Near zero a block shrinks to what is needed, so that the
/// last cents of a tenant are not held where nobody needs them.
/// </summary>
internal sealed class AllowanceMoves(Db db)
{
    /// <summary>Of a tenant's free money a block takes one part of this many, or what is needed.</summary>
    private const int TakenAtMost = 4;

    /// <param name="granted">Filled with what is given, which is known before the commit is.</param>
    /// <returns>False when nothing moved: the writer was ended by another, or the number was used.</returns>
    public Task<bool> RunAsync(Guid writer, long batch, DateOnly today,
        IReadOnlyList<Ask> asks, IReadOnlyList<GiveBack> backs, List<Grant> granted, CancellationToken ct) =>
        db.TransactAsync(async tx =>
        {
            if (!await MeteringSql.BeatAsync(tx, writer, batch, ct)) { return false; }
            granted.Clear();
            string[] tenants = [.. asks.Select(ask => ask.TenantId).Concat(backs.Select(back => back.Purse.TenantId)).Distinct()];
            var accounts = await MeteringSql.LockAccountsAsync(tx, tenants, ct);
            await GiveBackAsync(tx, writer, batch, backs, accounts, ct);
            foreach (var ask in asks)
            {
                var account = accounts.GetValueOrDefault(ask.TenantId) ?? new(ask.TenantId, Money.Zero, Money.Zero, false, false);
                granted.Add(await GrantAsync(tx, writer, ask, account, today, ct));
            }
            var given = granted.Where(grant => grant.Amount > Money.Zero).ToList();
            if (given.Count > 0) { await MeteringSql.TakeAsync(tx, writer, given, ct); }
            return true;
        }, ct);

    private static async Task<Grant> GrantAsync(
        Db tx, Guid writer, Ask ask, LockedAccount account, DateOnly today, CancellationToken ct)
    {
        if (account.IsFrozen) { return new(ask, "", Purse.NoDay, Money.Zero, CreditProblems.Frozen, MayComeBack: false); }
        if (account.Owed > Money.Zero) { return new(ask, "", Purse.NoDay, Money.Zero, CreditProblems.Owing(account.Owed), MayComeBack: false); }

        var caps = account.HasCaps ? await CapSql.LockAsync(tx, ask.TenantId, ask.Capability, today, ct) : [];
        var room = caps.Count == 0 ? new Money(long.MaxValue) : caps.Min(cap => cap.Room);
        var (purse, day) = caps.Count == 0 ? ("", Purse.NoDay) : (ask.Capability, today);
        var reach = Smaller(account.Free, room);
        var part = Smaller(ask.Want, new(reach.Nanos / TakenAtMost));
        var amount = part >= ask.Need ? part : Smaller(ask.Need, reach);
        account.Free -= amount;
        if (caps.Count > 0 && amount > Money.Zero) { await CapSql.UseAsync(tx, caps, amount, ct); }
        if (amount >= ask.Need) { return new(ask, purse, day, amount, Refusal: null, MayComeBack: false); }

        var elsewhere = await MeteringSql.HeldElsewhereAsync(tx, ask.TenantId, writer, ct);
        if (elsewhere > Money.Zero) { await Ledger.RecallAsync(tx, ask.TenantId, ct); }
        var refusal = room < account.Free + amount ? CreditProblems.CapReached : CreditProblems.Insufficient(account.Free + amount, ask.Need);
        return new(ask, purse, day, amount, refusal, MayComeBack: elsewhere > Money.Zero) { IsJustShort = true };
    }

    internal static async Task GiveBackAsync(
        Db tx, Guid writer, long batch, IReadOnlyList<GiveBack> backs, IReadOnlyDictionary<string, LockedAccount> accounts, CancellationToken ct)
    {
        foreach (var back in backs)
        {
            await MeteringSql.GiveBackAsync(tx, writer, back, ct);
            if (back.Amount == Money.Zero) { continue; }
            var purse = back.Purse;
            if (purse.Name.Length > 0) { await CapSql.UnuseAsync(tx, purse.TenantId, purse.Name, purse.Day, back.Amount, ct); }
            accounts[purse.TenantId].Free += back.Amount;
        }
        // Once a tenant: a purse that closes and the one after it may both give back, and a reference is used once.
        foreach (var account in accounts.Values.Where(account => account.Owed > Money.Zero && account.Free > Money.Zero))
        {
            await LedgerSql.RepayAsync(tx, account.TenantId, $"back:{writer:N}:{batch}:{account.TenantId}", ct);
            var repaid = Smaller(account.Owed, account.Free);
            account.Free -= repaid;
            account.Owed -= repaid;
        }
    }

    private static Money Smaller(Money left, Money right) => left < right ? left : right;
}
