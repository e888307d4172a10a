using System.Text.Json;
using System.Text.Json.Serialization;
using Wopr.Protocol;

namespace Wopr.Bot.Schedules;

/// <param name="Since">Its times after this one are still to come; set when it is written and whenever it fires.</param>
internal sealed record KeptSchedule(Schedule Schedule, DateTimeOffset Since, DateTimeOffset? LastAt, Guid? LastTurn);

internal sealed record KeptSchedules(IReadOnlyList<KeptSchedule> Schedules);

/// <summary>schedules.json, whole or not at all.</summary>
internal static class ScheduleFile
{
    public const string Name = "schedules.json";

    public static List<KeptSchedule> Load(string home, TimeProvider time, List<string> setAside, Log log) =>
        KeptFile.Load(home, Name, Read, time, setAside, log);

    public static void Save(string home, IReadOnlyList<KeptSchedule> schedules) => Disk.Replace(
        Path.Combine(home, Name), Bytes(schedules));

    public static byte[] Bytes(IReadOnlyList<KeptSchedule> schedules) =>
        JsonSerializer.SerializeToUtf8Bytes(new(schedules), ScheduleJson.Default.KeptSchedules);

    private static IReadOnlyList<KeptSchedule>? Read(byte[] bytes) =>
        JsonSerializer.Deserialize(bytes, ScheduleJson.Default.KeptSchedules)?.Schedules is { } kept
        && kept.All(one => one?.Schedule is { Id: not null, Message: not null, Session: not null }) ? kept : null;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(KeptSchedules))]
internal sealed partial class ScheduleJson : JsonSerializerContext;
