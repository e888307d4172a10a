using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Sandbox.Tests;

public sealed class MailTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_can_be_read_by_id_by_address_and_on_the_page()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);

        var id = await SendAsync(sandbox, "ann@example.com", "Go to http://localhost:3000/verify?token=abc.");
        await SendAsync(sandbox, "bob@example.com", "Other");

        var shown = await sandbox.Http.GetFromJsonAsync<JsonElement>($"/emails/{id}", Ct);
        Assert.Equal("ann@example.com", shown.GetProperty("to")[0].GetString());
        Assert.Equal("delivered", shown.GetProperty("last_event").GetString());
        var mails = await sandbox.Http.GetFromJsonAsync<JsonElement>("/mails?to=Ann@example.com", Ct);
        Assert.Equal("http://localhost:3000/verify?token=abc", Assert.Single(mails.EnumerateArray()).GetProperty("links")[0].GetString());
        var page = await sandbox.Http.GetStringAsync("/", Ct);
        Assert.Contains("<a href=\"http://localhost:3000/verify?token=abc\">", page, StringComparison.Ordinal);
        Assert.True(page.IndexOf("bob@", StringComparison.Ordinal) < page.IndexOf("ann@", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_mail_says_is_text_on_the_page()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);

        await SendAsync(sandbox, "a@example.com", "<script>alert(1)</script> http://x/\"onclick=alert(1)");

        Assert.DoesNotContain("<script", await sandbox.Http.GetStringAsync("/", Ct), StringComparison.Ordinal);
        Assert.DoesNotContain("\"onclick", await sandbox.Http.GetStringAsync("/", Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_key_sends_one_mail_and_refuses_another()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);

        var first = await SendAsync(sandbox, "a@example.com", "Hello", key: "k1");
        var again = await SendAsync(sandbox, "a@example.com", "Hello", key: "k1");
        var other = await PostAsync(sandbox, new { from = "x@y.z", to = "a@example.com", subject = "S", text = "Bye" }, "k1");

        Assert.Equal(first, again);
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        var mails = await sandbox.Http.GetFromJsonAsync<JsonElement>("/mails", Ct);
        Assert.Equal(1, mails.GetArrayLength());
    }

    [Fact]
    public async Task It_refuses_what_the_provider_refuses()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);

        var anonymous = await sandbox.Http.PostAsJsonAsync("/emails", new { from = "x@y.z", to = "a@b.c", subject = "S" }, Ct);
        var nobody = await PostAsync(sandbox, new { from = "x@y.z", subject = "S" }, key: null);
        var nowhere = await PostAsync(sandbox, new { from = "x@y.z", to = "nobody", subject = "S" }, key: null);

        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
        Assert.Equal("""{"statusCode":422,"name":"missing_required_field","message":"Missing \u0060to\u0060 field."}""",
            await nobody.Content.ReadAsStringAsync(Ct));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, nowhere.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await sandbox.Http.GetAsync("/emails/none", Ct)).StatusCode);
    }

    [Fact]
    public async Task It_keeps_the_last_thousand_mails_and_forgets_when_told()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        for (var number = 0; number <= 1000; number++) { await SendAsync(sandbox, $"a{number}@example.com", "Hello"); }

        var mails = await sandbox.Http.GetFromJsonAsync<JsonElement>("/mails", Ct);
        Assert.Equal(1000, mails.GetArrayLength());
        Assert.Equal("a1000@example.com", mails[0].GetProperty("to")[0].GetString());

        await sandbox.Http.DeleteAsync("/mails?to=a1000@example.com", Ct);
        Assert.Equal(999, (await sandbox.Http.GetFromJsonAsync<JsonElement>("/mails", Ct)).GetArrayLength());
        await sandbox.Http.DeleteAsync("/mails", Ct);
        Assert.Equal(0, (await sandbox.Http.GetFromJsonAsync<JsonElement>("/mails", Ct)).GetArrayLength());
    }

    [Fact]
    public void It_refuses_to_start_in_production()
    {
        var settings = new SettingsReader(new Dictionary<string, string> { ["WOPR_ENV"] = "production" });

        Assert.Null(SandboxServer.Build(settings));
        Assert.Contains("WOPR_ENV is production", Assert.Single(settings.Faults), StringComparison.Ordinal);
    }

    private static async Task<string> SendAsync(TestSandbox sandbox, string to, string text, string? key = null)
    {
        var answer = await PostAsync(sandbox, new { from = "WOPR <x@y.z>", to = (string[])[to], subject = "S", text, html = "<p>S</p>" }, key);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("id").GetString()!;
    }

    private static async Task<HttpResponseMessage> PostAsync(TestSandbox sandbox, object mail, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/emails") { Content = JsonContent.Create(mail) };
        request.Headers.Authorization = new("Bearer", "anything");
        if (key is not null) { request.Headers.Add("Idempotency-Key", key); }
        return await sandbox.Http.SendAsync(request, Ct);
    }
}
