using System.Net;
using System.Text.Json.Nodes;

namespace Wopr.Platform.Tests;

/// <summary>Addresses that could be taken for another, wherever an address is taken.</summary>
public sealed class BadEmailTests(AccessWorld world) : IClassFixture<AccessWorld>
{
    private static readonly (string Call, string Field, string Body)[] s_places =
    [
        ("POST /api/auth/sign-up/email", "email", """{"name":"A","password":"Testpass1"}"""),
        ("POST /api/auth/sign-in/email", "email", """{"password":"Testpass1"}"""),
        ("POST /api/auth/request-password-reset", "email", "{}"),
        ("POST /api/auth/send-verification-email", "email", "{}"),
        ("POST /api/auth/change-email", "newEmail", "{}"),
        ("POST /api/orgs/{id}/invitations", "email", """{"role":"viewer"}"""),
        ("POST /trpc/org.inviteMember", "email", """{"role":"viewer"}"""),
    ];

    public static TheoryData<string, string> Tricks => new()
    {
        { "a homoglyph", "\u0430nn@example.com" },
        { "a homoglyph in the domain", "ann@ex\u0430mple.com" },
        { "a zero-width space", "an\u200bn@example.com" },
        { "a zero-width joiner at the end", "ann@example.com\u200d" },
        { "a soft hyphen", "an\u00adn@example.com" },
        { "full width", "\uff41\uff4e\uff4e@example.com" },
        { "a full-width at", "ann\uff20example.com" },
        { "an ideographic stop", "ann@example\u3002com" },
        { "right to left", "\u202enna@example.com" },
        { "a dotless i", "\u0131an@example.com" },
        { "a dotted capital I", "\u0130an@example.com" },
        { "the Kelvin sign", "\u212aate@example.com" },
        { "a combining accent", "ann\u0301@example.com" },
        { "a ligature", "\ufb01nn@example.com" },
        { "a quoted local part", "\"ann\"@example.com" },
        { "a quoted local part with a space", "\"ann smith\"@example.com" },
        { "a comment", "ann(home)@example.com" },
        { "an address as domain", "ann@[127.0.0.1]" },
        { "two addresses", "ann@example.com,bob@example.com" },
        { "another header", "ann@example.com\r\nBcc: bob@example.com" },
        { "300 characters", $"{new string('a', 60)}@{string.Join('.', Enumerable.Repeat(new string('b', 58), 4))}.com" },
        { "a long local part", $"{new string('a', 300)}@example.com" },
    };

    [Theory]
    [MemberData(nameof(Tricks))]
    public async Task A_tricky_address_is_refused_wherever_one_is_taken(string trick, string email)
    {
        foreach (var (name, field, rest) in s_places)
        {
            var call = world.Call(name);
            var body = JsonNode.Parse(rest)!.AsObject();
            if (name.Contains("trpc", StringComparison.Ordinal)) { body["orgId"] = world.Victim.Tenant; }
            body[field] = email;
            var outcome = await world.AskAsync(call with { Body = body.ToJsonString() }, world.Owner);

            Assert.True(outcome is { Status: HttpStatusCode.BadRequest, ChangedAnything: false }, $"{trick}: {outcome}");
            Assert.Equal(
                name.Contains("/api/auth/", StringComparison.Ordinal) ? "VALIDATION_ERROR" : "org.bad_email", outcome.Code);
        }
    }

    [Fact]
    public async Task A_plus_makes_another_account_and_capitals_do_not()
    {
        var signUp = world.Call("POST /api/auth/sign-up/email");
        RouteCall With(string email) =>
            signUp with { Body = $$"""{"name":"A","email":"{{email}}","password":"Testpass1"}""" };

        var plus = await world.AskAsync(With("owner-of-the-matrix+1@example.com"), world.Principals[0]);
        Assert.Equal(HttpStatusCode.OK, plus.Status);
        var capitals = await world.AskAsync(With("OWNER-of-the-Matrix@Example.COM"), world.Principals[0]);
        Assert.Equal("USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", capitals.Code);
    }
}
