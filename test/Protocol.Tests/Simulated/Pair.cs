namespace Wopr.Protocol.Tests.Simulated;

/// <summary>A bot that keeps a link over a bad network to a platform, which takes every link it gets.</summary>
internal sealed class Pair(World world, BadNetwork network, Random random)
{
    private readonly List<Task> _running = [];

    public LinkAnswers BotAnswers { get; } = new();

    /// <summary>What the platform answers on its n-th link.</summary>
    public Action<LinkAnswers, int> Platform { get; set; } = (_, _) => { };

    public LinkPace Pace { get; set; } = LinkPace.Usual;
    public List<Link> PlatformLinks { get; } = [];
    public LinkClient Bot { get; private set; } = null!;

    public Link Newest => PlatformLinks[^1];

    public void Start(CancellationToken ct)
    {
        Bot = new(async dialing =>
        {
            var (one, other) = await network.ConnectAsync(dialing);
            var answers = new LinkAnswers();
            Platform(answers, PlatformLinks.Count);
            var link = new Link(other, answers, world.Time, Pace);
            PlatformLinks.Add(link);
            _running.Add(link.RunAsync(ct));
            return one;
        }, BotAnswers, (_, _) => Task.CompletedTask, _ => { }, world.Time, Pace, random);
        _running.Add(Bot.RunAsync(ct));
    }

    /// <summary>Asks the bot over whatever link is the newest, until it answers.</summary>
    public async Task<TAnswer> AskBotAsync<TAsk, TAnswer>(Verb<TAsk, TAnswer> verb, TAsk ask, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                if (PlatformLinks is [.., { Why: null }]) { return await Newest.AskAsync(verb, ask, ct); }
            }
            catch (LinkLostException)
            {
                // Asked again on the next.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), world.Time, ct);
        }
    }

    public Task OverAsync() => Task.WhenAll(_running);
}
