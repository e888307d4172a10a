using System.Text;
using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Fleet;

/// <summary>What a bot's row keeps sealed: its owner's variables, in which tokens stand, and its key for models.</summary>
internal sealed class BotSecrets(Vault vault, Db db)
{
    private const string EnvLabel = "fleet-env";
    private const string KeyLabel = "fleet-gateway-key";

    public byte[] SealEnv(Guid bot, IReadOnlyDictionary<string, string> env) =>
        vault.Seal(EnvLabel, bot.ToString(), JsonSerializer.SerializeToUtf8Bytes(env));

    /// <exception cref="InvalidOperationException">No configured secret opens it.</exception>
    public Dictionary<string, string> OpenEnv(Bot bot) => vault.TryOpen(EnvLabel, bot.Id.ToString(), bot.Env, out var plain)
        ? JsonSerializer.Deserialize<Dictionary<string, string>>(plain)!
        : throw new InvalidOperationException(
            "A bot's variables do not open. Add the secret they were sealed under to PLATFORM_SECRET_PREVIOUS.");

    /// <summary>For people to see. None where they do not open; whoever needs the values is told.</summary>
    public IReadOnlyCollection<string> EnvNames(Bot bot) => vault.TryOpen(EnvLabel, bot.Id.ToString(), bot.Env, out var plain)
        ? JsonSerializer.Deserialize<Dictionary<string, string>>(plain)!.Keys
        : [];

    public byte[] SealKey(Guid bot, string secret) => vault.Seal(KeyLabel, bot.ToString(), Encoding.UTF8.GetBytes(secret));

    /// <summary>Null when there is none that opens; then it gets another.</summary>
    public string? OpenKey(Bot bot) => bot.GatewayKey is { } key && vault.TryOpen(KeyLabel, bot.Id.ToString(), key, out var plain)
        ? Encoding.UTF8.GetString(plain)
        : null;

    public SealedStore AsSealedStore() => new("fleet", DueAsync, ResealAsync);

    private async Task<long> DueAsync(CancellationToken ct) => await db.ValueAsync<long>($"""
        select count(*)
        from fleet.bot
        where substring(env from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {vault.KeyId}
           or substring(gateway_key from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {vault.KeyId}
        """, ct);

    private Task<ResealBatch> ResealAsync(string? after, int limit, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        var from = after is null ? Guid.Empty : Guid.Parse(after);
        var due = await tx.QueryAsync($"""
            select id, env, gateway_key
            from fleet.bot
            where id > {from}
              and (substring(env from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {vault.KeyId}
                   or substring(gateway_key from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {vault.KeyId})
            order by id
            limit {limit}
            for update skip locked
            """, row => (Id: row.GetGuid(0), Env: row.GetFieldValue<byte[]>(1), Key: row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2)), ct);
        var unopened = 0;
        foreach (var (id, env, key) in due)
        {
            if (Again(EnvLabel, id, env) is not { } envAgain || (key is not null && Again(KeyLabel, id, key) is null))
            {
                unopened++;
                continue;
            }
            var keyAgain = key is null ? null : Again(KeyLabel, id, key);
            await tx.ExecuteAsync($"update fleet.bot set env = {envAgain}, gateway_key = {keyAgain}::bytea where id = {id}", ct);
        }
        return new ResealBatch(due.Count - unopened, unopened, due is [.., var last] ? last.Id.ToString() : null);
    }, ct);

    private byte[]? Again(string label, Guid id, byte[] sealedBytes) =>
        vault.TryOpen(label, id.ToString(), sealedBytes, out var plain) ? vault.Seal(label, id.ToString(), plain) : null;
}
