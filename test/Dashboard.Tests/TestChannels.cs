using Wopr.Protocol;

namespace Wopr.Dashboard.Tests;

/// <summary>What a bot keeps of its channels. Services take every secret that does not say "wrong".</summary>
internal sealed class TestChannels
{
    public const string WrongToken = "Telegram does not take this token. Copy it again from @BotFather.";

    private static readonly string[] s_secrets = ["token", "bot_token", "app_token", "secret"];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ChannelPut> _kept = [];
    private readonly HashSet<string> _connected = [];
    private readonly List<UnsentReply> _unsent = [];

    public IReadOnlyDictionary<string, string>? Settings(string name)
    {
        lock (_gate) { return _kept.Values.FirstOrDefault(channel => channel.Name == name)?.Settings; }
    }

    public void Leave(string name, string text, bool mayHaveArrived)
    {
        lock (_gate)
        {
            var id = _kept.Values.Single(channel => channel.Name == name).Id;
            _unsent.Add(new(id, Guid.CreateVersion7(DateTimeOffset.UnixEpoch), _unsent.Count, "someone", text,
                "The service did not answer.", new(2031, 1, 2, 3, 4, 5, TimeSpan.Zero), mayHaveArrived));
        }
    }

    public void Add(LinkAnswers answers, Func<bool> isUp)
    {
        answers.On(BotVerbs.Channels, (_, _) => Locked(() => new ChannelList([.. _kept.Values.Select(channel => View(channel, isUp()))])));
        answers.On(BotVerbs.PutChannel, (put, _) => Locked(() => Put(put, isUp())));
        answers.On(BotVerbs.DeleteChannel, (ask, _) => Locked(() =>
        {
            _kept.Remove(ask.Id);
            return Nothing.Instance;
        }));
        answers.On(BotVerbs.TestChannel, (put, _) => Locked(() => Whole(put).ContainsValue("wrong")
            ? new ChannelTest(false, null, WrongToken)
            : new(true, "robby_bot", null)));
        answers.On(BotVerbs.Unsent, (_, _) => Locked(() => new UnsentList([.. _unsent], HasMore: false)));
        answers.On(BotVerbs.SendAgain, (part, _) => Locked(() => Decide(part)));
        answers.On(BotVerbs.Discard, (part, _) => Locked(() => Decide(part)));
    }

    private Nothing Decide(UnsentPart part)
    {
        _unsent.RemoveAll(reply => reply.Part == part.Part);
        return Nothing.Instance;
    }

    private ChannelView Put(ChannelPut put, bool isUp)
    {
        _connected.Remove(put.Id);
        _kept[put.Id] = put with { Settings = Whole(put) };
        return View(_kept[put.Id], isUp);
    }

    private Dictionary<string, string> Whole(ChannelPut put)
    {
        var before = _kept.GetValueOrDefault(put.Id)?.Settings ?? new Dictionary<string, string>();
        var secrets = before.Where(one => s_secrets.Contains(one.Key)).Select(one => one.Key);
        return put.Settings.Where(one => !one.Value.StartsWith('…')).Select(one => one.Key).Union(secrets)
            .ToDictionary(name => name, name => put.Settings.TryGetValue(name, out var value) && !value.StartsWith('…') ? value : before[name]);
    }

    // Whoever looks first sees it connect.
    private ChannelView View(ChannelPut channel, bool isUp)
    {
        var state = !channel.IsEnabled || !isUp ? ChannelState.Off
            : channel.Settings.Values.Contains("gone") ? ChannelState.Failed
            : _connected.Add(channel.Id) ? ChannelState.Connecting : ChannelState.Connected;
        return new(channel.Id, channel.Kind, channel.Name, channel.IsEnabled,
            channel.Settings.ToDictionary(one => one.Key, one => s_secrets.Contains(one.Key) ? $"…{one.Value[^4..]}" : one.Value), state,
            new(2031, 1, 2, 3, 4, 5, TimeSpan.Zero), state == ChannelState.Failed ? WrongToken : null,
            state == ChannelState.Connected ? "robby_bot" : null, _unsent.Count(reply => reply.Channel == channel.Id));
    }

    private Task<T> Locked<T>(Func<T> act)
    {
        lock (_gate) { return Task.FromResult(act()); }
    }
}
