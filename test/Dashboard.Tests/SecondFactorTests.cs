using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

public sealed class SecondFactorTests(Site site)
{
    [Fact]
    public async Task A_second_factor_is_set_up_asked_for_and_turned_off()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/account");
        await PasswordAsync(person);
        await person.PressAsync("Set up");
        await Expect(person.Page.GetByRole(AriaRole.Img, new() { Name = "QR code" })).ToBeVisibleAsync();
        var secret =
            (await person.Page.GetByTestId("secret").InnerTextAsync()).Replace(" ", "", StringComparison.Ordinal);

        await person.FillAsync("Six-digit code", "000000");
        await person.PressAsync("Turn on");
        await person.SeesAsync("That code is not right.");
        await person.FillAsync("Six-digit code", Code(secret, steps: 0));
        await person.PressAsync("Turn on");
        await person.SeesAsync("Two-factor sign-in is on");
        var backup = await person.Page.Locator("#codes li").First.InnerTextAsync();
        Assert.Empty(person.Complaints);

        // A code works once, so the next one is taken.
        await using var phone = await site.VisitAsync();
        await phone.SignInAsync(person.Email, Person.Password);
        await phone.IsAtAsync("/two-factor");
        await phone.FillAsync("Six-digit code", Code(secret, steps: 1));
        await phone.PressAsync("Continue");
        await phone.IsAtAsync("/");

        await using var laptop = await site.VisitAsync();
        await laptop.SignInAsync(person.Email, Person.Password);
        await laptop.Page.GetByText("Use a backup code instead").ClickAsync();
        await laptop.FillAsync("Backup code", backup);
        await laptop.PressAsync("Continue");
        await laptop.IsAtAsync("/");

        await phone.GoAsync("/account");
        await PasswordAsync(phone);
        await phone.PressAsync("Turn off");
        await phone.SeesAsync("Two-factor sign-in is off.");
        Assert.Empty(phone.Complaints);
    }

    private static Task PasswordAsync(Person person) => person.Page
        .GetByRole(AriaRole.Region, new() { Name = "Two-factor sign-in" }).GetByLabel("Your password").FillAsync(Person.Password);

    // What an authenticator app does with the key it is given.
    private static string Code(string secret, int steps)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var bits = string.Concat(secret.Select(letter =>
            Convert.ToString(alphabet.IndexOf(letter, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        var key =
            Enumerable.Range(0, bits.Length / 8).Select(at => Convert.ToByte(bits.Substring(at * 8, 8), 2)).ToArray();
        var counter = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 30 + steps);
#pragma warning disable CA5350 // Authenticator apps know SHA-1 only.
        var hash = HMACSHA1.HashData(key, counter);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 0xf)) & int.MaxValue;
        return (number % 1_000_000).ToString("d6", CultureInfo.InvariantCulture);
    }
}
