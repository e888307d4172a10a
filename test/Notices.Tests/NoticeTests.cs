using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Notices.Tests;

public sealed class NoticeTests
{
    private const string Link = "http://localhost:3000/verify?token=secret123&next=/";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_arrives_and_its_values_are_erased()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        await using var notices = await TestNotices.StartAsync(sandbox.Url, Ct);

        await notices.Queue.SendAsync(notices.Db, Verify("ann@example.com"), Ct);

        var mail = await sandbox.MailAsync("ann@example.com", "Confirm", Ct);
        Assert.Equal(Link, mail.GetProperty("links")[0].GetString());
        Assert.Equal("WOPR <noreply@wopr.bot>", mail.GetProperty("from").GetString());
        Assert.Equal("support@wopr.bot", mail.GetProperty("reply_to")[0].GetString());
        await notices.UntilAsync("ann@example.com", "sent", Ct);
        var row = await notices.Db.ValueAsync<string>($"select row_to_json(mail)::text from notices.mail", Ct);
        Assert.DoesNotContain("secret123", row, StringComparison.Ordinal);
        Assert.NotNull(JsonDocument.Parse(row!).RootElement.GetProperty("sent_at").GetString());
        var outbox = await notices.Db.ValueAsync<string>($"select string_agg(body::text, '') from kernel.outbox", Ct);
        Assert.DoesNotContain("secret123", outbox ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rolled_back_transaction_sends_nothing()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        await using var notices = await TestNotices.StartAsync(sandbox.Url, Ct);

        await Assert.ThrowsAsync<InvalidOperationException>(() => notices.Db.TransactAsync<Done>(async tx =>
        {
            await notices.Queue.SendAsync(tx, Verify("ann@example.com"), Ct);
            throw new InvalidOperationException("no");
        }, Ct));
        await notices.Queue.SendAsync(notices.Db, Verify("bob@example.com"), Ct);
        await sandbox.MailAsync("bob@example.com", "Confirm", Ct);

        Assert.Equal("[]", await sandbox.Http.GetStringAsync("/mails?to=ann@example.com", Ct));
        Assert.Null(await notices.StatusAsync("ann@example.com", Ct));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(403)]
    public async Task A_provider_having_a_bad_day_is_asked_again_with_the_same_key(int status)
    {
        await using var provider = await TestProvider.StartAsync((call, context) =>
        {
            context.Response.StatusCode = call < 3 ? status : 200;
            return context.Response.WriteAsJsonAsync(new { id = "provider-id" }, Ct);
        }, Ct);
        await using var notices = await TestNotices.StartAsync(provider.Url, Ct);

        await notices.Queue.SendAsync(notices.Db, Verify("ann@example.com"), Ct);
        await notices.UntilAsync("ann@example.com", "sent", Ct);

        Assert.Equal(3, provider.Keys.Count);
        Assert.Single(provider.Keys.Distinct());
        Assert.Equal("provider-id/3",
            await notices.Db.ValueAsync<string>($"select provider_id || '/' || attempts from notices.mail", Ct));
    }

    [Fact]
    public async Task A_mail_that_is_refused_is_not_tried_again_and_says_why()
    {
        await using var provider = await TestProvider.StartAsync((_, context) =>
        {
            context.Response.StatusCode = 422;
            return context.Response.WriteAsJsonAsync(new { name = "validation_error", message = $"No: {Link}" }, Ct);
        }, Ct);
        await using var notices = await TestNotices.StartAsync(provider.Url, Ct);

        await notices.Queue.SendAsync(notices.Db, Verify("ann@example.com"), Ct);
        await notices.UntilAsync("ann@example.com", "failed", Ct);

        Assert.Single(provider.Keys);
        Assert.Equal("The mail provider answered 422 (validation_error).",
            await notices.Db.ValueAsync<string>($"select last_error from notices.mail where content is null", Ct));
    }

    [Fact]
    public async Task A_provider_that_never_answers_is_given_up_after_the_last_try()
    {
        await using var notices = await TestNotices.StartAsync("http://127.0.0.1:1", Ct, attemptsMax: 3);

        await notices.Queue.SendAsync(notices.Db, Verify("ann@example.com"), Ct);
        await notices.UntilAsync("ann@example.com", "failed", Ct);

        Assert.Equal(3, await notices.Db.ValueAsync<int>($"select attempts from notices.mail", Ct));
    }

    [Fact]
    public async Task A_delivery_that_was_already_made_is_not_made_again()
    {
        await using var provider = await TestProvider.StartAsync((_, context) =>
            context.Response.WriteAsJsonAsync(new { id = "x" }, Ct), Ct);
        await using var notices = await TestNotices.StartAsync(provider.Url, Ct);
        await notices.Queue.SendAsync(notices.Db, Verify("ann@example.com"), Ct);
        await notices.UntilAsync("ann@example.com", "sent", Ct);

        var id = await notices.Db.ValueAsync<Guid>($"select id from notices.mail", Ct);
        await new Outbox(TimeProvider.System).SendAsync(notices.Db, new MailQueued(id), Ct);
        for (var tries = 0; tries < 500 && await LeftAsync() > 0; tries++) { await Task.Delay(20, Ct); }

        Assert.Equal(0, await LeftAsync());
        Assert.Single(provider.Keys);

        Task<long> LeftAsync() => notices.Db.ValueAsync<long>($"select count(*) from kernel.outbox", Ct);
    }

    [Fact]
    public async Task Who_leaves_is_forgotten_and_old_records_go()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        await using var notices = await TestNotices.StartAsync(sandbox.Url, Ct);
        foreach (var to in (string[])["Ann@example.com", "bob@example.com", "cid@example.com"])
        {
            await notices.Queue.SendAsync(notices.Db, Verify(to), Ct);
            await notices.UntilAsync(to, "sent", Ct);
        }

        await notices.Queue.ForgetAsync(notices.Db, "ann@example.com", Ct);
        await notices.Db.ExecuteAsync(
            $"update notices.mail set created_at = now() - interval '91 days' where recipient = 'bob@example.com'", Ct);
        await new MailRetention(notices.Db).RunAsync(Ct);

        Assert.Equal("cid@example.com", await notices.Db.ValueAsync<string>($"select string_agg(recipient, ' ') from notices.mail", Ct));
    }

    [Fact]
    public async Task A_missing_value_or_an_address_that_is_none_is_refused_at_once()
    {
        await using var notices = await TestNotices.StartAsync("http://127.0.0.1:1", Ct);
        var verify = Verify("ann@example.com");

        foreach (var wrong in (Notice[])
        [
            verify with { Values = new Dictionary<string, string> { ["name"] = "Ann", ["validFor"] = "1 hour" } },
            verify with { Values = new Dictionary<string, string>(verify.Values) { ["name"] = " " } },
            verify with { Values = new Dictionary<string, string>(verify.Values) { ["link"] = "javascript:alert(1)" } },
            verify with { Template = "none" },
            verify with { To = "nobody" },
            verify with { To = "a@b.c\r\nBcc: d@e.f" },
        ])
        {
            await Assert.ThrowsAsync<ArgumentException>(() => notices.Queue.SendAsync(notices.Db, wrong, Ct));
        }
        Assert.Equal(0, await notices.Db.ValueAsync<long>($"select count(*) from kernel.outbox", Ct));
    }

    [Fact]
    public void Production_without_a_key_does_not_start()
    {
        var settings = new SettingsReader(new Dictionary<string, string> { ["WOPR_ENV"] = "production" });

        settings.Read<NoticesOptions>();

        Assert.Contains("RESEND_API_KEY is missing", Assert.Single(settings.Faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "http://localhost:3900/emails")]
    [InlineData("your-resend-key-here", "http://localhost:3900/emails")]
    [InlineData("re_12345678901234567890", "https://api.resend.com/emails")]
    public void Without_a_real_key_mail_goes_to_the_sandbox(string? key, string url) =>
        Assert.Equal(url, new SettingsReader(new Dictionary<string, string> { ["RESEND_API_KEY"] = key ?? "" }).Read<NoticesOptions>().SendUrl.AbsoluteUri);

    private static Notice Verify(string to) => new(to, NoticeTemplate.VerifyEmail,
        new Dictionary<string, string> { ["name"] = "Ann", ["link"] = Link, ["validFor"] = "1 hour" });
}
