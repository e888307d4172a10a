using Wopr.Client;
using Wopr.Dashboard.Http;
using Wopr.Kernel;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>Something the bot keeps itself, or why it cannot be shown now.</summary>
public sealed record Kept<T>(T[] Items, string? Missing);

/// <summary>What a bot is, what it knows, and when it does something by itself.</summary>
internal static class BotSettingsPages
{
    private const int LogLines = 100;

    // The longest file a bot keeps, as a form sends it.
    private const long FileBytesMax = 512 * 1024;

    public static void MapBotSettings(this RouteGroupBuilder bot)
    {
        var settings = bot.MapGroup("/settings");
        settings.MapGet("", (string id, Visit visit, CancellationToken ct) => ShowAsync(id, visit, new(), ct));
        settings.MapPost("", SaveAsync);
        settings.MapPost("/size", ResizeAsync);
        settings.MapPost("/files", WriteAsync).WithMetadata(new ChatPages.LargeForm(FileBytesMax));
        settings.MapPost("/skills", AddSkillAsync).WithMetadata(new ChatPages.LargeForm(FileBytesMax));
        settings.MapPost("/skills/delete", DeleteSkillAsync);
        settings.MapBotArchive();
        settings.MapPost("/schedules", ScheduleAsync).WithMetadata(new ChatPages.LargeForm(FileBytesMax));
        settings.MapPost("/schedules/{schedule}/delete", UnscheduleAsync);
    }

    public static async Task<IResult> ShowAsync(string id, Visit visit, Typed typed, CancellationToken ct)
    {
        var fleet = visit.Platform.Fleet;
        var (finding, tiers) = (fleet.FindAsync(id, ct), fleet.TiersAsync(ct));
        var (files, schedules, log) = (fleet.FilesAsync(id, ct), fleet.SchedulesAsync(id, ct), fleet.LogAsync(id, LogLines, ct));
        await Task.WhenAll(finding, tiers, files, schedules, log);
        if (!(await finding).Succeeded(out var bot, out var problem)) { return Troubles.Of(problem); }
        if (!(await tiers).Succeeded(out var known, out problem)) { return Troubles.Of(problem); }
        return Page.Show<BotSettingsPage>(new
        {
            Bot = bot,
            Tiers = known,
            Files = await WholeAsync(id, visit, Of(await files), ct),
            Schedules = Of(await schedules),
            Log = Of(await log),
            About = typed.About ?? BotForm.Of(bot),
            Size = typed.Size ?? BotForm.Of(bot),
            File = typed.File,
            Skill = typed.Skill ?? Form.Empty,
            Archive = typed.Archive ?? Form.Empty,
            Schedule = typed.Schedule ?? ScheduleForm.New(bot),
            typed.Refused,
        }, typed.About ?? typed.Size ?? typed.File ?? typed.Skill ?? typed.Schedule ?? typed.Archive);
    }

    private static async Task<IResult> SaveAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        var name = form.Required("name", "Give your bot a name.").Trim();
        if (form.IsRefused) { return await ShowAsync(id, visit, new() { About = form }, ct); }
        var change = new BotChange(name, form["description"].Trim().ReplaceLineEndings("\n"), form.Trimmed("model"), BotForm.Text(form, "zone"));
        if ((await visit.Platform.Fleet.UpdateAsync(id, change, ct)).Problem is not { } problem) { return Saved(id); }
        form.Refuse(problem);
        return await ShowAsync(id, visit, new() { About = form, Refused = problem }, ct);
    }

    private static async Task<IResult> ResizeAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        if (!(await visit.Platform.Fleet.FindAsync(id, ct)).Succeeded(out var bot, out var problem)) { return Troubles.Of(problem); }
        problem = null;
        if (form["resource"] != bot.ResourceTier) { problem = (await visit.Platform.Fleet.SetResourceTierAsync(id, form["resource"], ct)).Problem; }
        if (problem is null && form["storage"] != bot.StorageTier)
        {
            problem = (await visit.Platform.Fleet.SetStorageTierAsync(id, form["storage"], ct)).Problem;
        }
        if (problem is null) { return Saved(id); }
        form.Refuse(problem);
        return await ShowAsync(id, visit, new() { Size = form, Refused = problem }, ct);
    }

    private static async Task<IResult> WriteAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        if (!BotFiles.IsKnown(form["path"])) { return Troubles.NotFound(); }
        var text = form["text"].ReplaceLineEndings("\n");
        var written = await visit.Platform.Fleet.WriteFileAsync(id, form["path"], text, BotForm.Text(form, "version"), ct);
        if (written.Problem is not { } problem) { return Gone(id, written.Value!, "bot-file", BotFiles.Anchor(form["path"])); }
        if (problem.Kind == ProblemKind.Conflict)
        {
            form.Refuse("text", "This was changed meanwhile, by somebody else or by the bot. What you wrote stands here still. "
                + "Compare it with what there is now, below; saving again replaces that.");
        }
        else { form.Refuse(problem); }
        return await ShowAsync(id, visit, new() { File = form }, ct);
    }

    private static async Task<IResult> AddSkillAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        var path = BotFiles.SkillPath(form.Required("name", "Give the skill a name.").Trim());
        var text = form.Required("text", "Say what the bot is to do.").ReplaceLineEndings("\n");
        if (!form.IsRefused && !BotFiles.IsSkill(path))
        {
            form.Refuse("name", "Use letters, digits, hyphens and underscores, at most 64, and begin with a letter or a digit.");
        }
        if (form.IsRefused) { return await ShowAsync(id, visit, new() { Skill = form }, ct); }
        var listed = await visit.Platform.Fleet.FilesAsync(id, ct);
        if (listed.Value?.Any(file => file.Path == path) == true)
        {
            form.Refuse("name", "There is a skill of that name. Change that one, or give this one another name.");
            return await ShowAsync(id, visit, new() { Skill = form }, ct);
        }
        var written = await visit.Platform.Fleet.WriteFileAsync(id, path, text, ifVersion: null, ct);
        if (written.Problem is not { } problem) { return Gone(id, written.Value!, "skill-added", "skills"); }
        form.Refuse(problem);
        return await ShowAsync(id, visit, new() { Skill = form }, ct);
    }

    private static async Task<IResult> DeleteSkillAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var path = (await Form.ReadAsync(request, ct))["path"];
        if (!BotFiles.IsSkill(path)) { return Troubles.NotFound(); }
        return (await visit.Platform.Fleet.DeleteFileAsync(id, path, ct)).Problem is { Kind: not ProblemKind.NotFound } problem
            ? Troubles.Of(problem)
            : Page.Go($"/bots/{id}/settings?done=skill-deleted#skills");
    }

    // Of many long files the list leaves out the text, and what is not shown must not be saved as nothing.
    private static async Task<Kept<BotFile>> WholeAsync(string id, Visit visit, Kept<BotFile> files, CancellationToken ct)
    {
        var whole = files.Items.ToArray();
        for (var at = 0; at < whole.Length; at++)
        {
            if (whole[at].Text.Length > 0) { continue; }
            if (!(await visit.Platform.Fleet.ReadFileAsync(id, whole[at].Path, ct)).Succeeded(out var file, out var problem))
            {
                return new([], Sentences.Of(problem).Sentence);
            }
            whole[at] = file;
        }
        return files with { Items = whole };
    }

    private static async Task<IResult> ScheduleAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        if (ScheduleForm.Read(form) is { } wanted)
        {
            var put = await visit.Platform.Fleet.PutScheduleAsync(id, BotForm.Key(form), wanted, ct);
            if (put.Problem is not { } problem) { return Gone(id, put.Value!, "schedule-added", "schedules"); }
            form.Refuse(problem);
        }
        return await ShowAsync(id, visit, new() { Schedule = form }, ct);
    }

    private static async Task<IResult> UnscheduleAsync(string id, string schedule, Visit visit, CancellationToken ct) =>
        (await visit.Platform.Fleet.DeleteScheduleAsync(id, schedule, ct)).Problem is { } problem
            ? Troubles.Of(problem)
            : Page.Go($"/bots/{id}/settings?done=schedule-deleted#schedules");

    private static IResult Gone(string id, Written written, string done, string anchor) =>
        Page.Go($"/bots/{id}/settings?done={(written.Note is null ? done : "bot-kept")}#{anchor}");

    private static IResult Saved(string id) => Page.Go($"/bots/{id}/settings?done=bot-saved");

    public static Kept<T> Of<T>(Result<T[]> outcome) =>
        outcome.Succeeded(out var items, out var problem) ? new(items, null) : new([], Sentences.Of(problem).Sentence);

    /// <summary>The form that was refused, if any.</summary>
    internal sealed record Typed
    {
        public Form? Skill { get; init; }
        public Form? Archive { get; init; }
        public Form? About { get; init; }
        public Form? Size { get; init; }
        public Form? File { get; init; }
        public Form? Schedule { get; init; }
        public Problem? Refused { get; init; }
    }
}
