using System.Text.Json;
using System.Text.Json.Serialization;
using Wopr.Protocol;

namespace Wopr.Bot.Channels;

/// <param name="Since">What was said before is not answered here: the channel was another one, or none.</param>
internal sealed record KeptChannel(
    string Id, ChannelKind Kind, string Name, bool IsEnabled, IReadOnlyDictionary<string, string> Settings, DateTimeOffset Since);

internal sealed record KeptChannels(IReadOnlyList<KeptChannel> Channels);

/// <summary>channels.json, whole or not at all. It has the tokens in it.</summary>
internal static class ChannelFile
{
    private const string Name = SecretFiles.Channels;

    public static List<KeptChannel> Load(string home, TimeProvider time, List<string> setAside, Log log) =>
        KeptFile.Load(home, Name, Read, time, setAside, log);

    public static void Save(string home, IReadOnlyList<KeptChannel> channels) =>
        Disk.Replace(Path.Combine(home, Name), Bytes(channels), isSecret: true);

    public static byte[] Bytes(IReadOnlyList<KeptChannel> channels) =>
        JsonSerializer.SerializeToUtf8Bytes(new(channels), ChannelJson.Default.KeptChannels);

    private static IReadOnlyList<KeptChannel>? Read(byte[] bytes) =>
        JsonSerializer.Deserialize(bytes, ChannelJson.Default.KeptChannels)?.Channels is { } kept
        && kept.All(one => one is { Id: not null, Name: not null, Settings: not null }) ? kept : null;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(KeptChannels))]
internal sealed partial class ChannelJson : JsonSerializerContext;
