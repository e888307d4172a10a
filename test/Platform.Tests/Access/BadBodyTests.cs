using System.Net;
using System.Text.Json.Nodes;

namespace Wopr.Platform.Tests;

/// <summary>Every route that takes a body, given a bad one by somebody who may call it.</summary>
public sealed class BadBodyTests(AccessWorld world) : IClassFixture<AccessWorld>
{
    private static readonly string s_padding = new('x', 10_000_000);

    private IEnumerable<RouteCall> WithBodies => world.Calls.Where(call => call.Body is { } body && body != "{}");

    [Theory]
    [InlineData("{")]
    [InlineData("{\"name\":")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("7")]
    [InlineData("\ufeff\u0001")]
    public async Task What_is_no_object_is_refused(string body)
    {
        foreach (var call in WithBodies) { Refused(await AskAsync(call, body), HttpStatusCode.BadRequest); }
    }

    [Fact]
    public async Task A_value_of_another_type_is_refused()
    {
        foreach (var call in WithBodies)
        {
            foreach (var (name, _) in JsonNode.Parse(call.Body!)!.AsObject())
            {
                foreach (var odd in (string[])["7", "true", "[\"a\"]", "{\"a\":1}", "1e999"])
                {
                    var body = JsonNode.Parse(call.Body!)!.AsObject();
                    body[name] = JsonNode.Parse(odd);
                    Refused(await AskAsync(call, body.ToJsonString()), HttpStatusCode.BadRequest);
                }
            }
        }
    }

    // better-auth's clients send more than a server has to know.
    [Fact]
    public async Task A_field_nobody_knows_is_refused_and_ignored_only_where_the_contract_wants_it()
    {
        foreach (var call in WithBodies)
        {
            var body = JsonNode.Parse(call.Body!)!.AsObject();
            body["surprise"] = true;
            var outcome = await AskAsync(call, body.ToJsonString());

            if (call.Pattern.StartsWith("/api/auth/", StringComparison.Ordinal))
            {
                Assert.Equal((await world.AskAsync(call, world.Able(call))).Status, outcome.Status);
            }
            else
            {
                Refused(outcome, HttpStatusCode.BadRequest, "request.bad_json");
            }
        }
    }

    [Fact]
    public async Task Ten_megabytes_are_refused()
    {
        foreach (var call in WithBodies)
        {
            var outcome = await AskAsync(call, $$"""{"padding":"{{s_padding}}"}""");

            Refused(outcome, HttpStatusCode.RequestEntityTooLarge, "request.too_large");
        }
    }

    private Task<Outcome> AskAsync(RouteCall call, string body) =>
        world.AskAsync(call with { Body = body }, world.Able(call));

    private static void Refused(Outcome outcome, HttpStatusCode status, string? code = null)
    {
        var what = $"{outcome}\n{outcome.Call.Body![..Math.Min(200, outcome.Call.Body!.Length)]}";
        Assert.True(outcome.Status == status && !outcome.ChangedAnything, what);
        Assert.True(code is null ? !string.IsNullOrEmpty(outcome.Code) : outcome.Code == code, what);
    }
}
