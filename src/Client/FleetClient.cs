using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>The tenant's bots: what they are, and what each of them keeps.</summary>
public sealed class FleetClient
{
    private readonly PlatformWire _wire;

    internal FleetClient(PlatformWire wire) => _wire = wire;

    public async Task<Result<BotView[]>> ListAsync(bool isDeleted, CancellationToken ct) =>
        (await _wire.GetAsync<BotList>($"/fleet/bots?deleted={(isDeleted ? "true" : "false")}", ct)).Map(list => list.Bots);

    public Task<Result<BotView>> FindAsync(string id, CancellationToken ct) => _wire.GetAsync<BotView>(Path(id), ct);

    /// <param name="key">The same key makes one bot, however often it is sent.</param>
    public Task<Result<BotView>> CreateAsync(NewBot bot, string key, CancellationToken ct) =>
        _wire.PostAsync<BotView>("/fleet/bots", bot, ("Idempotency-Key", key), ct);

    public Task<Result<Done>> UpdateAsync(string id, BotChange change, CancellationToken ct) => _wire.PatchAsync(Path(id), change, ct);

    public async Task<Result<Done>> SetResourceTierAsync(string id, string tier, CancellationToken ct) =>
        (await _wire.MutateAsync<TierSet>("fleet.setResourceTier", new { id, tier }, ct)).Map(_ => Done.Instance);

    public async Task<Result<Done>> SetStorageTierAsync(string id, string tier, CancellationToken ct) =>
        (await _wire.MutateAsync<TierSet>("fleet.setStorageTier", new { id, tier }, ct)).Map(_ => Done.Instance);

    public Task<Result<Done>> StartAsync(string id, CancellationToken ct) => _wire.PostAsync($"{Path(id)}/start", new { }, ct);

    public Task<Result<Done>> StopAsync(string id, CancellationToken ct) => _wire.PostAsync($"{Path(id)}/stop", new { }, ct);

    public Task<Result<Done>> RestartAsync(string id, CancellationToken ct) => _wire.PostAsync($"{Path(id)}/restart", new { }, ct);

    public Task<Result<Done>> RestoreAsync(string id, CancellationToken ct) => _wire.PostAsync($"{Path(id)}/restore", new { }, ct);

    public Task<Result<Done>> DeleteAsync(string id, CancellationToken ct) => _wire.DeleteAsync(Path(id), ct);

    public Task<Result<BotTiers>> TiersAsync(CancellationToken ct) => _wire.GetAsync<BotTiers>("/api/quota/tiers", ct);

    public async Task<Result<BotTemplate[]>> TemplatesAsync(CancellationToken ct) =>
        (await _wire.QueryAsync<TemplateList>("fleet.listTemplates", new { }, ct)).Map(list => list.Templates);

    public async Task<Result<BotFile[]>> FilesAsync(string id, CancellationToken ct) =>
        (await _wire.GetAsync<FileList>($"{Path(id)}/files", ct)).Map(list => list.Files);

    /// <param name="ifVersion">Refused when somebody changed it since; null: whatever it is now.</param>
    public Task<Result<Written>> WriteFileAsync(string id, string path, string text, string? ifVersion, CancellationToken ct) =>
        _wire.PutAsync<Written>($"{Path(id)}/files/{path}", new { text, ifVersion }, ct);

    /// <summary>One alone: of many long ones the list leaves out the text.</summary>
    public Task<Result<BotFile>> ReadFileAsync(string id, string path, CancellationToken ct) =>
        _wire.GetAsync<BotFile>($"{Path(id)}/files/{path}", ct);

    public Task<Result<Done>> DeleteFileAsync(string id, string path, CancellationToken ct) =>
        _wire.DeleteAsync($"{Path(id)}/files/{path}", ct);

    /// <summary>All that the bot keeps; the caller disposes it.</summary>
    public Task<Result<HttpResponseMessage>> ExportAsync(string id, CancellationToken ct) =>
        _wire.DownloadAsync($"{Path(id)}/export", ct);

    /// <summary>Puts what an export made in the place of all that the bot keeps.</summary>
    public Task<Result<BotImport>> ImportAsync(string id, Stream archive, CancellationToken ct) =>
        _wire.UploadAsync<BotImport>($"{Path(id)}/import", archive, "application/gzip", ct);

    public async Task<Result<BotDay>> DayAsync(string id, CancellationToken ct) =>
        (await _wire.GetAsync<BotMetrics>($"{Path(id)}/metrics", ct)).Map(metrics => metrics.Day);

    public async Task<Result<BotSchedule[]>> SchedulesAsync(string id, CancellationToken ct) =>
        (await _wire.GetAsync<ScheduleList>($"{Path(id)}/schedules", ct)).Map(list => list.Schedules);

    public Task<Result<Written>> PutScheduleAsync(string id, string schedule, NewSchedule wanted, CancellationToken ct) =>
        _wire.PutAsync<Written>($"{Path(id)}/schedules/{Uri.EscapeDataString(schedule)}", wanted, ct);

    public Task<Result<Done>> DeleteScheduleAsync(string id, string schedule, CancellationToken ct) =>
        _wire.DeleteAsync($"{Path(id)}/schedules/{Uri.EscapeDataString(schedule)}", ct);

    public async Task<Result<BotChannel[]>> ChannelsAsync(string id, CancellationToken ct) =>
        (await _wire.GetAsync<ChannelList>($"{Path(id)}/channels", ct)).Map(list => list.Channels);

    public Task<Result<BotChannel>> PutChannelAsync(string id, string channel, NewChannel wanted, CancellationToken ct) =>
        _wire.PutAsync<BotChannel>(Channel(id, channel), wanted, ct);

    /// <summary>Whether it would work; nothing is kept.</summary>
    public Task<Result<ChannelTest>> TestChannelAsync(string id, string channel, NewChannel wanted, CancellationToken ct) =>
        _wire.PostAsync<ChannelTest>($"{Channel(id, channel)}/test", wanted, ct);

    public Task<Result<Done>> DeleteChannelAsync(string id, string channel, CancellationToken ct) =>
        _wire.DeleteAsync(Channel(id, channel), ct);

    public async Task<Result<UnsentReply[]>> UnsentAsync(string id, CancellationToken ct) =>
        (await _wire.GetAsync<UnsentList>($"{Path(id)}/unsent", ct)).Map(list => list.Replies);

    public Task<Result<Done>> SendAgainAsync(string id, string channel, Guid turn, int part, CancellationToken ct) =>
        _wire.PostAsync($"{Channel(id, channel)}/unsent/{turn}/{part}/send", new { }, ct);

    public Task<Result<Done>> DiscardAsync(string id, string channel, Guid turn, int part, CancellationToken ct) =>
        _wire.DeleteAsync($"{Channel(id, channel)}/unsent/{turn}/{part}", ct);

    public Task<Result<BotLogLine[]>> LogAsync(string id, int tail, CancellationToken ct) =>
        _wire.GetAsync<BotLogLine[]>($"{Path(id)}/logs?tail={tail}", ct);

    private static string Channel(string id, string channel) => $"{Path(id)}/channels/{Uri.EscapeDataString(channel)}";

    internal static string Path(string id) => $"/fleet/bots/{Uri.EscapeDataString(id)}";

    private sealed record BotList(BotView[] Bots);

    private sealed record TierSet(string Tier);

    private sealed record TemplateList(BotTemplate[] Templates);

    private sealed record FileList(BotFile[] Files);

    public async Task<Result<BotToolServer[]>> ToolServersAsync(string id, CancellationToken ct) =>
        (await _wire.GetAsync<ToolServerList>($"{Path(id)}/tool-servers", ct)).Map(list => list.Servers);

    public Task<Result<BotToolServer>> PutToolServerAsync(string id, string server, NewToolServer wanted, CancellationToken ct) =>
        _wire.PutAsync<BotToolServer>($"{Path(id)}/tool-servers/{Uri.EscapeDataString(server)}", wanted, ct);

    public Task<Result<BotToolTest>> TestToolServerAsync(string id, string server, NewToolServer wanted, CancellationToken ct) =>
        _wire.PostAsync<BotToolTest>($"{Path(id)}/tool-servers/{Uri.EscapeDataString(server)}/test", wanted, ct);

    public Task<Result<Done>> DeleteToolServerAsync(string id, string server, CancellationToken ct) =>
        _wire.DeleteAsync($"{Path(id)}/tool-servers/{Uri.EscapeDataString(server)}", ct);

    private sealed record ToolServerList(BotToolServer[] Servers);

    private sealed record BotMetrics(BotDay Day);

    private sealed record ScheduleList(BotSchedule[] Schedules);

    private sealed record ChannelList(BotChannel[] Channels);

    private sealed record UnsentList(UnsentReply[] Replies);
}

/// <param name="State">provisioning, running, unhealthy, sleeping, stopped, suspended, updating, recovering, failed, unknown or deleted.</param>
/// <param name="Wish">What it is to be: run or stop.</param>
/// <param name="Fault">Why it is not as it should be, in a sentence.</param>
/// <param name="DailyCents">Null when the platform does not say.</param>
public sealed record BotView(
    Guid Id, string Name, string State, string Description = "", string Image = "", string? Model = null, string TimeZone = "UTC",
    string ResourceTier = "", string StorageTier = "", DateTimeOffset StateAt = default, string? Fault = null, string Wish = "run",
    string BillingState = "active", DateTimeOffset? DestroyAfter = null, int Restarts = 0, DateTimeOffset CreatedAt = default,
    DateTimeOffset? LastSaidAt = null, DateTimeOffset? DeletedAt = null, DateTimeOffset? EraseAfter = null, long? DailyCents = null);

public sealed record NewBot(string Name, string Image, string Description, string? Model, string? TimeZone, string ResourceTier, string StorageTier);

/// <summary>What is null stays as it is; an empty model is the platform's choice.</summary>
public sealed record BotChange(string? Name = null, string? Description = null, string? Model = null, string? TimeZone = null);

/// <param name="DailyCost">Cents a day.</param>
public sealed record BotTier(string Key, string Label, long DailyCost, string? Description = null, int? LimitGb = null);

public sealed record BotTiers(BotTier[] Resource, BotTier[] Storage);

public sealed record BotTemplate(string Name, string Image);

/// <param name="Note">Of a bot that cannot be reached: that it is kept and done later; null when it is done.</param>
public sealed record Written(string? Note = null);

public sealed record BotImport(int Sessions, int Files, int Schedules);

/// <summary>What a bot did in the last 24 hours.</summary>
public sealed record BotDay(BotDone Total, BotHour[] Hours);

/// <param name="Messages">What was said to it here and is over.</param>
/// <param name="Requests">What it asked models, also for its schedules and channels.</param>
public record BotDone(
    long Messages, long Failed, long Requests, long InputTokens, long OutputTokens, decimal CostCents, BotLatency? Latency = null);

public sealed record BotHour(
    DateTimeOffset Hour, long Messages, long Failed, long Requests, long InputTokens, long OutputTokens, decimal CostCents, BotLatency? Latency = null)
    : BotDone(Messages, Failed, Requests, InputTokens, OutputTokens, CostCents, Latency);

/// <summary>How long answers took, in milliseconds: half of them, and 95 of 100, at most so.</summary>
public sealed record BotLatency(long P50, long P95);

public sealed record BotFile(string Path, string Text, string Version, DateTimeOffset ChangedAt = default);

/// <param name="Cron">Five fields; null for one that runs once, at <paramref name="At"/>.</param>
public sealed record NewSchedule(string Name, string TimeZone, string Session, string Message, string? Cron, DateTimeOffset? At);

public sealed record BotSchedule(ScheduleFacts Schedule, DateTimeOffset[] Next, ScheduleRun? Last = null);

public sealed record ScheduleFacts(
    string Id, string Name, string TimeZone, string Session, string Message, string? Cron = null, DateTimeOffset? At = null, bool IsEnabled = true);

/// <param name="End">Null while it runs.</param>
public sealed record ScheduleRun(DateTimeOffset At, string? End = null);

public sealed record BotLogLine(DateTimeOffset Timestamp, string Level, string Message);

/// <param name="Kind">discord, slack, telegram or webhook.</param>
/// <param name="Settings">A secret that is left out stays as it is.</param>
public sealed record NewChannel(string Kind, string Name, IReadOnlyDictionary<string, string> Settings, bool IsEnabled = true);

/// <param name="State">off, connecting, connected, waiting (it tries again by itself) or failed (it needs its owner).</param>
/// <param name="Account">Who the bot is there.</param>
public sealed record BotChannel(
    string Id, string Kind, string Name, bool IsEnabled, Dictionary<string, string> Settings, string State, DateTimeOffset Since,
    string? Problem = null, string? Account = null, int Unsent = 0);

public sealed record ChannelTest(bool Works, string? Account = null, string? Problem = null);

/// <param name="MayHaveArrived">Nobody knows: sent again it may be there twice.</param>
public sealed record UnsentReply(
    string Channel, Guid TurnId, int Part, string Conversation, string Text, string Problem, DateTimeOffset At, bool MayHaveArrived);

/// <param name="Headers">Their secrets among them; null stays as it is.</param>
public sealed record NewToolServer(string Name, string Url, bool IsEnabled, IReadOnlyDictionary<string, string?> Headers);

/// <param name="Headers">Names only.</param>
public sealed record BotToolServer(
    string Id, string Name, string Url, bool IsEnabled, string[] Headers, BotTool[] Tools, DateTimeOffset? AskedAt = null, string? Problem = null);

public sealed record BotTool(string Name, string Description);

/// <param name="Problem">Null: it works.</param>
public sealed record BotToolTest(BotTool[] Tools, string? Problem = null);
