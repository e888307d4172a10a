using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Auth;

namespace Wopr.Platform.Tests;

public sealed class LeavingTests : IAsyncLifetime
{
    private TestPlatform _platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(Ct);

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task An_account_is_erased_after_its_month_and_its_number_stays_for_the_books()
    {
        var ann = await new Browser(_platform).SignUpAsync("leaving@example.com");
        var asked = await ann.PostAsync("/api/auth/delete-user", new { password = "Testpass1" });
        Assert.True(asked.At("success").GetBoolean());
        Assert.True((await ann.QueryAsync("account.deletionStatus")).Data.GetProperty("hasPendingDeletion").GetBoolean());
        await EraseAsync();
        Assert.True(await ann.IsSignedInAsync());

        await _platform.ExecuteAsync("update auth.deletion set erase_after = now()", Ct);
        await EraseAsync();

        await Task.Delay(TimeSpan.FromSeconds(1), Ct);
        Assert.False(await ann.IsSignedInAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, (await ann.SignInAsync(ann.Email)).Status);
        await using var command = _platform.Source.CreateCommand($"select name || ' ' || status from auth.tenant where id = '{ann.UserId}'");
        Assert.Equal("Deleted erased", await command.ExecuteScalarAsync(Ct));
        Assert.Equal(HttpStatusCode.OK, (await new Browser(_platform).PostAsync("/api/auth/sign-up/email",
            new { name = "Ann", email = ann.Email, password = "Testpass1" })).Status);
    }

    [Fact]
    public async Task With_an_account_its_bots_are_erased()
    {
        var ann = await new Browser(_platform).SignUpAsync("leaves-bots@example.com");
        var bot = await _platform.AddBotAsync(ann.UserId, Ct);
        await ann.PostAsync("/api/auth/delete-user", new { password = "Testpass1" });
        await _platform.ExecuteAsync("update auth.deletion set erase_after = now()", Ct);

        await EraseAsync();

        await _platform.UntilAsync($"select erased_at is not null from fleet.bot where id = '{bot}'", Ct);
    }

    [Fact]
    public async Task A_deletion_can_be_cancelled_by_its_owner_only()
    {
        var (ann, bob) = (await new Browser(_platform).SignUpAsync("stays@example.com"), await new Browser(_platform).SignUpAsync("meddles@example.com"));
        Assert.Equal("deletion.bad_phrase", Problem(await ann.MutateAsync("account.requestDeletion", new { confirmPhrase = "yes", currentPassword = "Testpass1" })));
        Assert.Equal("INVALID_PASSWORD", Problem(await ann.MutateAsync("account.requestDeletion", new { confirmPhrase = "DELETE MY ACCOUNT", currentPassword = "wrong" })));
        var asked = await ann.MutateAsync("account.requestDeletion", new { confirmPhrase = "DELETE MY ACCOUNT", currentPassword = "Testpass1" });
        var requestId = asked.Data.GetProperty("requestId").GetString();

        Assert.Equal("deletion.not_found", Problem(await bob.MutateAsync("account.cancelDeletion", new { requestId })));
        Assert.True((await ann.MutateAsync("account.cancelDeletion", new { requestId })).Data.GetProperty("cancelled").GetBoolean());
        await _platform.ExecuteAsync("update auth.deletion set erase_after = now()", Ct);
        await EraseAsync();
        Assert.True(await ann.IsSignedInAsync());
    }

    [Fact]
    public async Task Who_owns_an_organisation_gives_it_away_first()
    {
        var ann = await new Browser(_platform).SignUpAsync("owns@example.com");
        await ann.PostAsync("/api/orgs", new { name = "Owned" });

        var answer = await ann.PostAsync("/api/auth/delete-user", new { password = "Testpass1" });

        Assert.Equal((HttpStatusCode.Conflict, "deletion.owns_organizations"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task People_get_everything_we_hold_about_them_and_nothing_of_others()
    {
        var (ann, bob) = (await new Browser(_platform).SignUpAsync("takes-along@example.com"), await new Browser(_platform).SignUpAsync("not-mine@example.com"));
        await ann.PostAsync("/api/tokens", new { name = "script", scope = "read" });

        var export = await ann.GetAsync("/api/account/export");

        Assert.Equal(ann.Email, export.Text("user", "email"));
        Assert.Equal("script", export.At("tokens")[0].GetProperty("name").GetString());
        Assert.Equal("signed_in", export.At("logins")[0].GetProperty("outcome").GetString());
        Assert.DoesNotContain(bob.Email, export.Raw, StringComparison.Ordinal);
    }

    private Task EraseAsync() => _platform.Services.GetRequiredService<Housekeeping>().RunAsync(Ct);

    private static string Problem(Answer answer) => answer.Text("error", "data", "problem");
}
