using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>Stripe's lists: newest first, a page at a time, continued after or before an id.</summary>
internal static class Listing
{
    private static readonly string[] s_common = ["limit", "starting_after", "ending_before", "created", "expand"];

    /// <param name="filters">Names that must equal the field of the same name.</param>
    public static JsonObject List(this Account account, Kind kind, string url, Form form, params string[] filters)
    {
        form.Only([.. s_common, .. filters]);
        var things = account.NewestFirst(kind).Where(thing => IsWithin(thing, form["created"]));
        foreach (var filter in filters)
        {
            if (form.Text(filter) is { } text) { things = things.Where(thing => thing[filter]?.ToString() == text); }
        }
        return Page(account, kind, url, form, [.. things]);
    }

    public static JsonObject Page(Account account, Kind kind, string url, Form form, IReadOnlyList<JsonObject> things)
    {
        var limit = (int)(form.Whole("limit") is { } asked
            ? asked is >= 1 and <= 100
                ? asked
                : throw StripeRefusal.Invalid("This value must be between 1 and 100 (inclusive).", "limit")
            : 10);
        var (from, to) = (0, things.Count);
        if (form.Text("starting_after") is { } after) { from = IndexOf(account, kind, things, after, "starting_after") + 1; }
        if (form.Text("ending_before") is { } before)
        {
            to = IndexOf(account, kind, things, before, "ending_before");
            from = Math.Max(from, to - limit);
            return Of(url, things.Skip(from).Take(to - from), from > 0);
        }
        return Of(url, things.Skip(from).Take(limit), from + limit < to);
    }

    public static JsonObject Of(string url, IEnumerable<JsonObject> things, bool hasMore = false) => new()
    {
        ["object"] = "list",
        ["data"] = new JsonArray([.. things.Select(thing => thing.DeepClone())]),
        ["has_more"] = hasMore,
        ["url"] = url,
    };

    private static int IndexOf(Account account, Kind kind, IReadOnlyList<JsonObject> things, string id, string param)
    {
        account.Need(kind, id, param);
        for (var at = 0; at < things.Count; at++)
        {
            if (Account.Id(things[at]) == id) { return at; }
        }
        throw StripeRefusal.NoSuch(kind.Noun, id, param, inBody: true);
    }

    private static bool IsWithin(JsonObject thing, Form? created)
    {
        if (created is null) { return true; }
        var at = (long)thing["created"]!;
        if (created.Value is { Length: > 0 } exact) { return $"{at}" == exact; }
        return !(at < created.Whole("gte")) && !(at <= created.Whole("gt"))
            && !(at > created.Whole("lte")) && !(at >= created.Whole("lt"));
    }
}
