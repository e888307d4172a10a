using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

/// <summary>Somebody at a browser, and what they do there.</summary>
public sealed class Person : IAsyncDisposable
{
    public const string Password = "Testpass1";

    private static int s_number;

    private readonly IBrowserContext _context;

    public Person(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) => { if (message.Type == "error" && !IsStatus(message.Text)) { Complaints.Add(message.Text); } };
        page.PageError += (_, error) => Complaints.Add(error);
    }

    public IPage Page { get; }
    public string Email { get; } = $"person{Interlocked.Increment(ref s_number)}@example.com";
    public string Name { get; set; } = "Ada Lovelace";

    /// <summary>Errors and policy violations the console told of.</summary>
    public List<string> Complaints { get; } = [];

    public async Task GoAsync(string path) => await Page.GotoAsync(path);

    public Task FillAsync(string label, string text) => Page.GetByLabel(label, new() { Exact = true }).FillAsync(text);

    public Task PressAsync(string button) =>
        Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    public Task SeesAsync(string text) => Expect(Page.GetByText(text).First).ToBeVisibleAsync();

    public Task IsAtAsync(string path) => Expect(Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex(
        "^http://[^/]+" + System.Text.RegularExpressions.Regex.Escape(path) + "$"));

    public async Task<Person> SignUpAsync()
    {
        await GoAsync("/signup");
        await FillAsync("Name", Name);
        await FillAsync("E-mail", Email);
        await FillAsync("Password", Password);
        await PressAsync("Create account");
        await IsAtAsync("/");
        return this;
    }

    public async Task SignInAsync(string email, string password)
    {
        await GoAsync("/login");
        await FillAsync("E-mail", email);
        await FillAsync("Password", password);
        await PressAsync("Sign in");
    }

    /// <summary>
    /// The page has to fit its window. SCREENSHOTS names a folder for those who want to see for themselves.
    /// </summary>
    public async Task LookAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("SCREENSHOTS") is { } folder)
        {
            await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
        }
        Assert.False(await Page.EvaluateAsync<bool>(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"), $"{name} scrolls sideways.");
    }

    public async ValueTask DisposeAsync() => await _context.CloseAsync();

    // Chromium reports every refused form as an error of the network, which is no fault of the page.
    private static bool IsStatus(string text) =>
        text.StartsWith("Failed to load resource: the server responded", StringComparison.Ordinal);
}
