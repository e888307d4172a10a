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

            Assert.True(outcome is { Status: HttpStatusCode.Forbidden, ChangedAnything: false }, $"{outcome}");
        }
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    public async Task A_write_by_cookie_from_another_site_is_refused_everywhere(string origin)
    {
        foreach (var call in world.Calls.Where(call => call.Writes && !call.Pattern.Contains("**", StringComparison.Ordinal)))
        {
            // Its proof is a signature; it looks at no cookie.
            var refusal = call.Pattern == "/api/billing/webhook" ? HttpStatusCode.BadRequest : HttpStatusCode.Forbidden;
            foreach (var principal in (Principal[])[world.Owner, world.Operator])
            {
                var outcome = await world.AskAsync(call, principal, origin);

                Assert.True(outcome.Status == refusal && !outcome.ChangedAnything, $"{outcome}");
            }
        }
    }
}
