using System.Net;
using Wopr.Kernel;

namespace Wopr.Platform.Tests;

/// <summary>Known people who come from the wrong place, or for a tenant that is not theirs.</summary>
public sealed class PretenceTests(AccessWorld world) : IClassFixture<AccessWorld>
{
    [Fact]
    public async Task A_tenant_that_is_not_ones_own_is_refused_in_the_header()
    {
        var pretender = world.Stranger with { TenantId = world.Victim.Tenant };
        foreach (var call in world.Calls.Where(call => call.Access != Access.Public))
        {
            var outcome = await world.AskAsync(call, pretender);

            Assert.True(outcome.Status == Refusal(call) && !outcome.ChangedAnything, $"{outcome}");
        }
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    public async Task A_write_by_cookie_from_another_site_is_refused_everywhere(string origin)
    {
        foreach (var call in world.Calls.Where(call => call.Writes && !call.Pattern.Contains("**", StringComparison.Ordinal)))
        {
            foreach (var principal in (Principal[])[world.Owner, world.Operator])
            {
                var outcome = await world.AskAsync(call, principal, origin);

                Assert.True(outcome.Status == Refusal(call) && !outcome.ChangedAnything, $"{outcome}");
            }
        }
    }

    /// <summary>What looks at no cookie asks for its own proof: a signature, or a gateway's or a link's key.</summary>
    private static HttpStatusCode Refusal(RouteCall call) =>
        call.Pattern == "/api/billing/webhook" ? HttpStatusCode.BadRequest
        : call.Pattern == "/api/hooks/{botId}/{channelId}" ? HttpStatusCode.NotFound
        : call.Access == Access.GatewayKey || call.Access == Access.LinkKey ? HttpStatusCode.Unauthorized
        : HttpStatusCode.Forbidden;
}
