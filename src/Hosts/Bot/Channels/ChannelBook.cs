using Wopr.Protocol;

namespace Wopr.Bot.Channels;

/// <summary>The channels as they are configured. On the disk first, so that what was refused did not happen.</summary>
internal sealed class ChannelBook
{
    public const int ChannelsMax = 20;

    private readonly Lock _gate = new();
    private readonly string _home;
    private readonly TimeProvider _time;
    private readonly List<KeptChannel> _channels;

    public ChannelBook(string home, TimeProvider time, List<string> setAside, Log log)
    {
        (_home, _time) = (home, time);
        _channels = ChannelFile.Load(home, time, setAside, log);
    }

    public IReadOnlyList<KeptChannel> All { get { lock (_gate) { return [.. _channels]; } } }

    public KeptChannel? Find(string? id)
    {
        lock (_gate) { return _channels.Find(known => known.Id == id); }
    }

    /// <summary>As it would be kept.</summary>
    public KeptChannel Check(ChannelPut put)
    {
        if (ChannelKinds.Find(put.Kind) is not { } info)
        {
            throw ChannelRefusals.Invalid("This bot does not know that kind of channel. Bring it to the newest release.");
        }
        var before = Find(put.Id);
        if (before is not null && before.Kind != put.Kind) { throw ChannelRefusals.OtherKind(before.Kind); }
        var settings = ChannelSettings.Check(put, info, before);
        return new(put.Id, put.Kind, put.Name.Trim(), put.IsEnabled, settings, before?.Since ?? _time.GetUtcNow());
    }

    /// <summary>One that came with an archive.</summary>
    public static KeptChannel Brought(KeptChannel kept, DateTimeOffset now)
    {
        var bare = ChannelSettings.WithoutSecrets(kept);
        var info = ChannelKinds.Find(bare.Kind) ?? throw ChannelRefusals.Invalid("This bot does not know that kind of channel.");
        var settings = ChannelSettings.Check(
            new(bare.Id, bare.Kind, bare.Name, bare.IsEnabled, bare.Settings), info, before: null, needsSecrets: false);
        return bare with { Name = bare.Name.Trim(), Settings = settings, Since = now };
    }

    public KeptChannel Put(ChannelPut put)
    {
        var kept = Check(put);
        lock (_gate)
        {
            var index = _channels.FindIndex(known => known.Id == kept.Id);
            if (index < 0 && _channels.Count >= ChannelsMax) { throw ChannelRefusals.TooMany(ChannelsMax); }
            Save(index < 0 ? [.. _channels, kept] : [.. _channels[..index], kept, .. _channels[(index + 1)..]]);
        }
        return kept;
    }

    public bool Delete(string id)
    {
        lock (_gate)
        {
            if (_channels.All(known => known.Id != id)) { return false; }
            Save([.. _channels.Where(known => known.Id != id)]);
            return true;
        }
    }

    private void Save(List<KeptChannel> channels)
    {
        try { ChannelFile.Save(_home, channels); }
        catch (StorageException fault) { throw Refusals.NotKept(fault); }
        _channels.Clear();
        _channels.AddRange(channels);
    }
}
