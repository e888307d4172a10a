using System.Security.Cryptography;
using Wopr.Client;
using Wopr.Dashboard.Http;
using Wopr.Kernel;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>Where else a bot talks, and the replies that did not get there.</summary>
internal static class ChannelPages
{
    private const int IdLetters = 8;
    private const int SecretLetters = 40;

    public static void MapChannels(this RouteGroupBuilder bot)
    {
        var channels = bot.MapGroup("/channels");
        channels.MapGet("", (string id, string? kind, string? edit, Visit visit, CancellationToken ct) =>
            ShowAsync(id, visit, new() { Kind = kind, Edit = edit }, ct));
        channels.MapGet("/list", ListAsync);
        channels.MapPost("", PutAsync);
        channels.MapPost("/{channel}/switch", SwitchAsync);
        channels.MapPost("/{channel}/delete", DeleteAsync);
        channels.MapPost("/{channel}/unsent/{turn:guid}/{part:int}/send", (string id, string channel, Guid turn, int part, Visit visit, CancellationToken ct) =>
            DecideAsync(id, visit.Platform.Fleet.SendAgainAsync(id, channel, turn, part, ct), "reply-again"));
        channels.MapPost("/{channel}/unsent/{turn:guid}/{part:int}/discard", (string id, string channel, Guid turn, int part, Visit visit, CancellationToken ct) =>
            DecideAsync(id, visit.Platform.Fleet.DiscardAsync(id, channel, turn, part, ct), "reply-discarded"));
    }

    private static async Task<IResult> ShowAsync(string id, Visit visit, Typed typed, CancellationToken ct)
    {
        var fleet = visit.Platform.Fleet;
        var (finding, listing, unsent) = (fleet.FindAsync(id, ct), fleet.ChannelsAsync(id, ct), fleet.UnsentAsync(id, ct));
        await Task.WhenAll(finding, listing, unsent);
        if (!(await finding).Succeeded(out var bot, out var problem)) { return Troubles.Of(problem); }
        var channels = BotSettingsPages.Of(await listing);
        var editing = channels.Items.FirstOrDefault(channel => channel.Id == (typed.Form?["id"] ?? typed.Edit));
        var kind = ChannelKind.Find(editing?.Kind ?? typed.Form?["kind"] ?? typed.Kind ?? "");
        return Page.Show<ChannelsPage>(new
        {
            Bot = bot,
            Channels = channels,
            Unsent = BotSettingsPages.Of(await unsent),
            Kind = kind,
            Editing = editing,
            Form = typed.Form ?? (editing is not null ? Of(editing) : New(kind)),
            typed.Tested,
        }, typed.Form);
    }

    /// <summary>The channels alone, while one of them connects.</summary>
    private static async Task<IResult> ListAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        if (!request.AsksForPart()) { return Page.Go($"/bots/{id}/channels"); }
        var (finding, listing) = (visit.Platform.Fleet.FindAsync(id, ct), visit.Platform.Fleet.ChannelsAsync(id, ct));
        await Task.WhenAll(finding, listing);
        return (await finding).Succeeded(out var bot, out var problem)
            ? Page.Show<ChannelList>(new { Bot = bot, Channels = BotSettingsPages.Of(await listing) })
            : Troubles.Of(problem);
    }

    private static async Task<IResult> PutAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        if (ChannelKind.Find(form["kind"]) is not { } kind) { return Troubles.NotFound(); }
        var name = form.Required("name", "Give the channel a name.").Trim();
        // What was put in before is kept by the bot, and left empty here.
        foreach (var field in kind.Asked.Where(field => form["act"] is "connect" or "keep" && !field.IsOptional))
        {
            form.Required(field.Name, $"Put in the {field.Label.ToLowerInvariant()}.");
        }
        if (form.IsRefused) { return await ShowAsync(id, visit, new() { Form = form }, ct); }
        var wanted = new NewChannel(kind.Key, name, Settings(form, kind));
        // A new one is tried first: a wrong token is said here, where it can be put in again.
        if (form["act"] is "test" or "connect")
        {
            var outcome = await visit.Platform.Fleet.TestChannelAsync(id, form["id"], wanted, ct);
            if (outcome.Problem is { } untested) { form.Refuse(untested); }
            if (form["act"] == "test" || outcome.Value is not { Works: true })
            {
                return await ShowAsync(id, visit, new() { Form = form, Tested = outcome.Value }, ct);
            }
        }
        if ((await visit.Platform.Fleet.PutChannelAsync(id, form["id"], wanted, ct)).Problem is not { } problem)
        {
            return Page.Go($"/bots/{id}/channels?done=channel-put");
        }
        form.Refuse(problem);
        return await ShowAsync(id, visit, new() { Form = form }, ct);
    }

    private static async Task<IResult> SwitchAsync(string id, string channel, Visit visit, CancellationToken ct)
    {
        var listed = await visit.Platform.Fleet.ChannelsAsync(id, ct);
        if (!listed.Succeeded(out var channels, out var problem)) { return Troubles.Of(problem); }
        if (channels.FirstOrDefault(one => one.Id == channel) is not { } found) { return Troubles.NotFound(); }
        // Secrets come hidden and stay as they are.
        var put = await visit.Platform.Fleet.PutChannelAsync(id, channel, new(found.Kind, found.Name, found.Settings, !found.IsEnabled), ct);
        return put.Problem is { } refused ? Troubles.Of(refused) : Page.Go($"/bots/{id}/channels");
    }

    private static async Task<IResult> DeleteAsync(string id, string channel, Visit visit, CancellationToken ct) =>
        await DecideAsync(id, visit.Platform.Fleet.DeleteChannelAsync(id, channel, ct), "channel-deleted");

    private static async Task<IResult> DecideAsync(string id, Task<Result<Done>> act, string news) =>
        (await act).Problem is { } problem ? Troubles.Of(problem) : Page.Go($"/bots/{id}/channels?done={news}");

    private static Form New(ChannelKind? kind) =>
        Form.Of([("id", $"{kind?.Key}_{BotForm.NewKey()[..IdLetters]}"), ("kind", kind?.Key), ("name", kind?.Title),
            .. (kind?.Fields ?? []).Where(field => field.IsMade).Select(field => (field.Name, (string?)RandomNumberGenerator.GetHexString(SecretLetters, lowercase: true)))]);

    private static Form Of(BotChannel channel)
    {
        var form = Form.Of(("id", channel.Id), ("kind", channel.Kind), ("name", channel.Name), ("tools", Tools(channel.Settings)));
        foreach (var (name, value) in channel.Settings) { form.With(name, value); }
        return form;
    }

    private static string Tools(Dictionary<string, string> settings) => settings.GetValueOrDefault("owner_may_use_tools") == "yes" ? "on" : "";

    private static Dictionary<string, string> Settings(Form form, ChannelKind kind)
    {
        var settings = kind.Asked.Where(field => form.Trimmed(field.Name).Length > 0)
            .ToDictionary(field => field.Name, field => form.Trimmed(field.Name), StringComparer.Ordinal);
        if (kind.OwnerHint is not null && form.Checked("tools")) { settings["owner_may_use_tools"] = "yes"; }
        return settings;
    }

    /// <summary>What the form holds, or which one is wanted.</summary>
    private sealed record Typed
    {
        public string? Kind { get; init; }
        public string? Edit { get; init; }
        public Form? Form { get; init; }
        public ChannelTest? Tested { get; init; }
    }
}
