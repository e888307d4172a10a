using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>
/// Brings letters to bots, one after the other in the order in which they were written. One that a bot refuses is told
/// in the bot's history and holds up nobody.
/// </summary>
internal sealed class LetterDelivery : BackgroundService
{
    private const int Workers = 4;
    private const int WaitingMax = 10_000;

    private readonly Db _db;
    private readonly Letters _letters;
    private readonly BotLine _line;
    private readonly BotEvents _events;
    private readonly Nudges<Guid> _nudges;

    public LetterDelivery(Db db, Letters letters, BotLine line, BotEvents events, ILogger<LetterDelivery> logger)
    {
        (_db, _letters, _line, _events) = (db, letters, line, events);
        _nudges = new(Workers, WaitingMax, (bot, _, ct) => DeliverAsync(bot, ct), (bot, error) => Log.LettersFailed(logger, bot, error));
    }

    public void Nudge(Guid bot) => _nudges.Add(bot);

    public async Task NudgeAsync(string? node, CancellationToken ct)
    {
        foreach (var bot in await _letters.BotsAsync(node, ct)) { Nudge(bot); }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _nudges.RunAsync(stoppingToken);

    private async Task DeliverAsync(Guid id, CancellationToken ct)
    {
        while (await _letters.FirstAsync(id, ct) is { } letter)
        {
            if (await BotSql.FindAsync(_db, tenant: null, id, ct) is not { Bot: { IsDeleted: false } bot }) { return; }
            Verb<JsonElement, JsonElement> verb =
                new(letter.Verb, WireJson.Default.JsonElement, WireJson.Default.JsonElement);
            try
            {
                await _line.AskAsync(bot, verb, _letters.Open(letter), ct);
                await Letters.DeleteAsync(_db, letter, ct);
            }
            catch (LinkLostException)
            {
                // It is nudged again when the bot or its node is linked.
                return;
            }
            catch (LinkRefusedException refused) when (refused.Problem.IsPassing)
            {
                return;
            }
            catch (LinkRefusedException refused)
            {
                await RefusedAsync(bot, letter, refused.Problem, ct);
            }
        }
    }

    private Task RefusedAsync(Bot bot, Letter letter, LinkProblem problem, CancellationToken ct) => _db.TransactAsync(async tx =>
    {
        await Letters.DeleteAsync(tx, letter, ct);
        var sentence = TurnSql.Cut(problem.Message)!.ReplaceLineEndings(" ");
        await _events.AddAsync(tx, bot, Actor.System, "bot.change_refused",
            $"A change that was made while {bot.Profile.Name} could not be reached was not made: {sentence}", ct);
        return Done.Instance;
    }, ct);
}

/// <summary>Tries again for all that letters wait for.</summary>
internal sealed class LetterRounds(LetterDelivery delivery) : IJob
{
    public Task RunAsync(CancellationToken ct) => delivery.NudgeAsync(node: null, ct);
}
