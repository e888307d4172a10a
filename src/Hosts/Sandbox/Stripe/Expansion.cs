using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary><c>expand[]=data.customer</c>: an id is replaced by what it names, in a copy.</summary>
internal static class Expansion
{
    private const int DepthMax = 4;

    public static JsonObject Expanded(this Account account, JsonObject answer, Form form)
    {
        var copy = answer.DeepClone().AsObject();
        foreach (var path in form.Texts("expand"))
        {
            var words = path.Split('.');
            if (words.Length > DepthMax)
            {
                throw StripeRefusal.Invalid(
                    $"You cannot expand more than {DepthMax} levels of a property. Property: {path}", "expand");
            }
            Expand(account, copy, words, path);
        }
        return copy;
    }

    private static void Expand(Account account, JsonObject thing, ReadOnlySpan<string> words, string path)
    {
        if (words.Length == 0) { return; }
        var name = words[0];
        if (Hidden(account, thing, name) is { } hidden) { thing[name] = hidden; }
        if (!thing.TryGetPropertyValue(name, out var value))
        {
            throw StripeRefusal.Invalid(
                $"This property cannot be expanded ({name}). You may want to try expanding 'data.{name}' instead.", "expand");
        }
        if (value is JsonValue text && text.TryGetValue<string>(out var id) && account.Find(id) is { } named)
        {
            thing[name] = value = named.DeepClone();
        }
        if (value is JsonObject one) { Expand(account, one, words[1..], path); }
        if (value is not JsonArray many) { return; }
        foreach (var item in many.OfType<JsonObject>()) { Expand(account, item, words[1..], path); }
    }

    // Lists that an object carries only when asked.
    private static JsonObject? Hidden(Account account, JsonObject thing, string name)
    {
        if (thing[name] is JsonObject) { return null; }
        return ((string?)thing["object"], name) switch
        {
            ("checkout.session", "line_items") => Checkout.LinesOf(account, Account.Id(thing)),
            ("charge", "refunds") => Listing.Of($"/v1/charges/{Account.Id(thing)}/refunds", account.NewestFirst(Kind.Refund)
                .Where(refund => (string?)refund["charge"] == Account.Id(thing))),
            _ => null,
        };
    }
}
