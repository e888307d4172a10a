using System.Text.Json;
using System.Text.Json.Serialization;
using Wopr.Protocol;

namespace Wopr.Bot.ToolServers;

internal sealed record KeptToolServer(string Id, string Name, string Url, bool IsEnabled, IReadOnlyDictionary<string, string> Headers);

internal sealed record KeptToolServers(IReadOnlyList<KeptToolServer> Servers);

/// <summary>tools.json, whole or not at all. It holds secrets, so that only the bot reads it.</summary>
internal static class ToolServerFile
{
    private const string Name = SecretFiles.ToolServers;

    public static List<KeptToolServer> Load(string home, TimeProvider time, List<string> setAside, Log log) =>
        KeptFile.Load(home, Name, Read, time, setAside, log);

    public static void Save(string home, IReadOnlyList<KeptToolServer> servers) =>
        Disk.Replace(Path.Combine(home, Name), Bytes(servers), isSecret: true);

    public static byte[] Bytes(IReadOnlyList<KeptToolServer> servers) =>
        JsonSerializer.SerializeToUtf8Bytes(new(servers), ToolServerJson.Default.KeptToolServers);

    private static IReadOnlyList<KeptToolServer>? Read(byte[] bytes) =>
        JsonSerializer.Deserialize(bytes, ToolServerJson.Default.KeptToolServers)?.Servers is { } kept
        && kept.All(one => one is { Id: not null, Name: not null, Url: not null, Headers: not null }) ? kept : null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(KeptToolServers))]
internal sealed partial class ToolServerJson : JsonSerializerContext;
