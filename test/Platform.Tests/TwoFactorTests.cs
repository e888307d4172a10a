using System.Net;

namespace Wopr.Platform.Tests;

public sealed class TwoFactorTests : IAsyncLifetime
{
    private TestPlatform _platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(Ct);

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task With_an_app_set_up_a_password_alone_is_half_the_way_in()
    {
        var (ann, secret, _) = await EnabledAsync("half-way@example.com");
        var phone = new Browser(_platform);

        var first = await phone.SignInAsync(ann.Email);
        Assert.True(first.At("twoFactorRedirect").GetBoolean());
        Assert.False(await phone.IsSignedInAsync());
        var wrong = await phone.PostAsync("/api/auth/two-factor/verify-totp", new { code = "000000" });
        Assert.Equal((HttpStatusCode.Unauthorized, "INVALID_CODE", "Invalid code"), (wrong.Status, wrong.Code, wrong.Text("message")));

        var right = await phone.PostAsync("/api/auth/two-factor/verify-totp", new { code = NextCode(secret) });
        Assert.Equal(HttpStatusCode.OK, right.Status);
        Assert.True(await phone.IsSignedInAsync());
    }

    [Fact]
    public async Task A_code_is_good_once()
    {
        var (ann, secret, _) = await EnabledAsync("once@example.com");
        var (one, two, code) = (new Browser(_platform), new Browser(_platform), NextCode(secret));
        await one.SignInAsync(ann.Email);
        await two.SignInAsync(ann.Email);

        var answers = await Task.WhenAll(
            one.PostAsync("/api/auth/two-factor/verify-totp", new { code }),
            two.PostAsync("/api/auth/two-factor/verify-totp", new { code }));

        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Guessing_codes_ends_after_five_even_with_a_new_sign_in_for_each()
    {
        var (ann, secret, _) = await EnabledAsync("guessed@example.com");
        for (var guess = 0; guess < 5; guess++)
        {
            var thief = new Browser(_platform);
            await thief.SignInAsync(ann.Email);
            Assert.Equal("INVALID_CODE", (await thief.PostAsync("/api/auth/two-factor/verify-totp", new { code = $"00000{guess}" })).Code);
        }
        var last = new Browser(_platform);
        await last.SignInAsync(ann.Email);

        var answer = await last.PostAsync("/api/auth/two-factor/verify-totp", new { code = NextCode(secret) });

        Assert.Equal((HttpStatusCode.TooManyRequests, "TOO_MANY_ATTEMPTS"), (answer.Status, answer.Code));
        Assert.False(await last.IsSignedInAsync());
    }

    [Fact]
    public async Task A_backup_code_opens_the_door_once_when_the_phone_is_lost()
    {
        var (ann, _, codes) = await EnabledAsync("lost-phone@example.com");
        Assert.Equal(10, codes.Length);
        Assert.All(codes, code => Assert.Matches("^[A-Za-z0-9]{5}-[A-Za-z0-9]{5}$", code));
        var phone = new Browser(_platform);
        await phone.SignInAsync(ann.Email);

        Assert.Equal(HttpStatusCode.OK, (await phone.PostAsync("/api/auth/two-factor/verify-backup-code", new { code = codes[3] })).Status);
        Assert.True(await phone.IsSignedInAsync());

        var again = new Browser(_platform);
        await again.SignInAsync(ann.Email);
        Assert.Equal("INVALID_BACKUP_CODE", (await again.PostAsync("/api/auth/two-factor/verify-backup-code", new { code = codes[3] })).Code);
    }

    [Fact]
    public async Task A_trusted_device_skips_the_code_until_the_password_is_reset()
    {
        var (ann, secret, _) = await EnabledAsync("trusted@example.com");
        var laptop = new Browser(_platform);
        await laptop.SignInAsync(ann.Email);
        await laptop.PostAsync("/api/auth/two-factor/verify-totp", new { code = NextCode(secret), trustDevice = true });
        await laptop.PostAsync("/api/auth/sign-out");

        await laptop.SignInAsync(ann.Email);
        Assert.True(await laptop.IsSignedInAsync());

        var other = await new Browser(_platform).SignUpAsync("not-trusted@example.com");
        var theirs = new Browser(_platform);
        Assert.Equal(HttpStatusCode.OK, (await theirs.SignInAsync(other.Email)).Status);

        await _platform.ExecuteAsync($"delete from auth.verification where user_id = '{ann.UserId}' and purpose = 'trusted_device'", Ct);
        Assert.True((await laptop.SignInAsync(ann.Email)).At("twoFactorRedirect").GetBoolean());
    }

    [Fact]
    public async Task Nothing_is_demanded_before_a_code_was_verified_and_nothing_after_it_was_turned_off()
    {
        var ann = await new Browser(_platform).SignUpAsync("half-set-up@example.com");
        Assert.Equal("INVALID_PASSWORD", (await ann.PostAsync("/api/auth/two-factor/enable", new { password = "wrong" })).Code);
        await ann.PostAsync("/api/auth/two-factor/enable", new { password = "Testpass1" });
        Assert.Equal(HttpStatusCode.OK, (await new Browser(_platform).SignInAsync(ann.Email)).Status);

        var (bob, _, _) = await EnabledAsync("turned-off@example.com");
        Assert.Equal("INVALID_PASSWORD", (await bob.PostAsync("/api/auth/two-factor/disable", new { password = "wrong" })).Code);
        await bob.PostAsync("/api/auth/two-factor/disable", new { password = "Testpass1" });
        var signedIn = new Browser(_platform);
        await signedIn.SignInAsync(bob.Email);
        Assert.True(await signedIn.IsSignedInAsync());
    }

    [Fact]
    public async Task Without_the_first_step_there_is_no_second()
    {
        await EnabledAsync("no-first@example.com");
        var answer = await new Browser(_platform).PostAsync("/api/auth/two-factor/verify-totp", new { code = "123456" });

        Assert.Equal((HttpStatusCode.Unauthorized, "INVALID_TWO_FACTOR_COOKIE"), (answer.Status, answer.Code));
    }

    private Task<(Browser Person, byte[] Secret, string[] Codes)> EnabledAsync(string email) => SecondFactor.EnabledAsync(_platform, email);

    private static string NextCode(byte[] secret) => SecondFactor.NextCode(secret);
}
