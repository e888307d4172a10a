using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>Webhook endpoints made over the API; each has a secret of its own, told once.</summary>
internal sealed class Endpoints(Account account)
{
    private const int Max = 16;

    public JsonObject Create(Form form)
    {
        form.Only("url", "enabled_events", "description", "metadata", "api_version", "connect");
        var events = form.Texts("enabled_events").ToArray();
        if (events.Length == 0) { throw form.Missing("enabled_events"); }
        if (!Uri.TryCreate(form.Need("url"), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw StripeRefusal.Invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url", "url_invalid");
        }
        if (account.NewestFirst(Kind.Endpoint).Count >= Max)
        {
            throw StripeRefusal.Invalid("You have reached the maximum of 16 test webhook endpoints.");
        }
        var secret = $"whsec_{Kernel.Token.New(32)}";
        var endpoint = account.Add(Kind.Endpoint, new()
        {
            ["id"] = Account.NewId(Kind.Endpoint),
            ["object"] = "webhook_endpoint",
            ["api_version"] = form.Text("api_version"),
            ["application"] = null,
            ["created"] = account.Now,
            ["description"] = form.Text("description"),
            ["enabled_events"] = new JsonArray([.. events]),
            ["metadata"] = form.Metadata(),
            ["status"] = "enabled",
            ["url"] = url.ToString(),
        });
        account.Deliveries.Add(endpoint.Id(), url, secret, events);
        var told = endpoint.DeepClone().AsObject();
        told["secret"] = secret;
        return told;
    }

    public JsonObject Delete(string id)
    {
        account.Need(Kind.Endpoint, id);
        account.Remove(Kind.Endpoint, id);
        account.Deliveries.Remove(id);
        return new() { ["id"] = id, ["object"] = "webhook_endpoint", ["deleted"] = true };
    }
}
