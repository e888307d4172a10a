using System.Text;
using Wopr.Kernel;

namespace Wopr.Fleet.Tests.Links;

public sealed class ErasedFileTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_kept_of_a_bot_goes_when_the_bot_is_erased_and_nothing_of_others()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var (gone, stays) = (await replica.BotAsync(Ct, node: "n"), await replica.BotAsync(Ct, node: "n"));
        await KeepAsync(replica, gone);
        await KeepAsync(replica, stays);
        var job = replica.Get<ErasedFiles>();
        await job.RunAsync(Ct);
        Assert.Equal((1, 1), (await CountAsync(replica, gone), await CountAsync(replica, stays)));

        await replica.Db.ExecuteAsync($"update fleet.bot set erased_at = now() where id = {gone}", Ct);
        await job.RunAsync(Ct);

        Assert.Equal((0, 1), (await CountAsync(replica, gone), await CountAsync(replica, stays)));
        Assert.Equal(stays, await replica.Db.ValueAsync<Guid>($"select bot_id from fleet.kept", Ct));

        // One that was on its way when the bot was erased.
        using var late = new MemoryStream(Encoding.UTF8.GetBytes("late"));
        await replica.Get<ObjectStore>().PutAsync($"{Prefix(gone)}1/memory/SOUL.md@1/000000000000", late, onlyIfNew: true, sha256: null, Ct);
        await job.RunAsync(Ct);
        Assert.Equal(0, await CountAsync(replica, gone));
    }

    private static Task KeepAsync(Replica replica, Guid bot) => replica.Get<Keeping>()
        .KeepAsync(LinkPeer.Node("n"), new(bot, 1, "sessions/a.jsonl", 0, Encoding.UTF8.GetBytes("what was said")), Ct);

    private static async Task<int> CountAsync(Replica replica, Guid bot) =>
        (await replica.Get<ObjectStore>().ListAsync(Prefix(bot), after: null, 9, Ct)).Objects.Count;

    private static string Prefix(Guid bot) => $"bots/tenant_{bot:N}/";
}
