using System.Text;
using System.Text.Json;

namespace Wopr.Sandbox.Mail;

/// <summary>Resend's API, and a page and a list of what came through it.</summary>
internal static class MailEndpoints
{
    private const int IdempotencyKeyCharsMax = 256;

    public static void MapMail(this WebApplication app)
    {
        var box = new MailBox(app.Services.GetRequiredService<TimeProvider>());
        app.MapPost("/emails", (HttpContext context, CancellationToken ct) => SendAsync(box, context, ct));
        app.MapGet("/emails/{id}", (string id) => Show(box, id));
        app.MapGet("/", () => List(box));
        app.MapGet("/mails", (string? to) => box.NewestFirst(to).Select(mail => new
        {
            mail.Id,
            mail.From,
            mail.To,
            mail.Subject,
            mail.Text,
            mail.Html,
            mail.ReplyTo,
            mail.CreatedAt,
            Links = Page.LinksIn(mail.Text),
        }));
        app.MapGet("/mails/{id}/html", (string id, HttpContext context) => ShowHtml(box, id, context));
        app.MapDelete("/mails", (string? to) =>
        {
            box.Forget(to);
            return Results.NoContent();
        });
    }

    private static async Task<IResult> SendAsync(MailBox box, HttpContext context, CancellationToken ct)
    {
        if (!context.Request.Headers.Authorization.ToString().StartsWith("Bearer ", StringComparison.Ordinal))
        {
            return Fault(401, "missing_api_key", "Missing API Key");
        }
        var key = context.Request.Headers["Idempotency-Key"] is { Count: > 0 } keys ? keys.ToString() : null;
        if (key is { Length: 0 or > IdempotencyKeyCharsMax })
        {
            return Fault(400, "invalid_idempotency_key", "The key must be between 1-256 chars.");
        }
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(ct);
        JsonElement mail;
        try
        {
            mail = JsonSerializer.Deserialize<JsonElement>(body);
        }
        catch (JsonException)
        {
            return Fault(400, "validation_error", "The request body is not valid JSON.");
        }
        if (mail.ValueKind != JsonValueKind.Object)
        {
            return Fault(422, "validation_error", "The request body is not an object.");
        }
        foreach (var field in (string[])["to", "from", "subject"])
        {
            if (MailBox.Texts(mail, field) is not [{ Length: > 0 }, ..])
            {
                return Fault(422, "missing_required_field", $"Missing `{field}` field.");
            }
        }
        if (MailBox.Texts(mail, "to").Any(to => !to.Contains('@')))
        {
            return Fault(422, "validation_error",
                "Invalid `to` field. The email address needs to follow the `email@example.com` format.");
        }
        return box.Send(key, body, mail) is { } sent
            ? Results.Ok(new { sent.Id })
            : Fault(409, "invalid_idempotent_request", "Same idempotency key used with a different request payload.");
    }

    private static IResult Show(MailBox box, string id) => box.TryGet(id, out var mail)
        ? Results.Ok(new
        {
            Object = "email",
            mail!.Id,
            mail.To,
            mail.From,
            mail.CreatedAt,
            mail.Subject,
            mail.Html,
            mail.Text,
            Bcc = Array.Empty<string>(),
            Cc = Array.Empty<string>(),
            mail.ReplyTo,
            LastEvent = "delivered",
        })
        : Fault(404, "not_found", "Email not found");

    private static IResult List(MailBox box)
    {
        StringBuilder html = new();
        foreach (var mail in box.NewestFirst(to: null))
        {
            html.Append($"""
                <article>
                <h2>{Page.Text(mail.Subject)}</h2>
                <small>to {Page.Text(string.Join(", ", mail.To))} · {mail.CreatedAt:u} ·
                <a href="/mails/{mail.Id}/html">as HTML</a></small>
                <pre>{Page.Linked(mail.Text)}</pre>
                </article>

                """);
        }
        return Page.Show("Mail", html.Length > 0 ? html.ToString() : "<p>No mail yet. What the platform sends appears here.</p>");
    }

    private static IResult ShowHtml(MailBox box, string id, HttpContext context)
    {
        if (!box.TryGet(id, out var mail)) { return Results.NotFound(); }
        context.Response.Headers.ContentSecurityPolicy =
            "sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'; img-src data:";
        return Results.Content(mail!.Html, "text/html; charset=utf-8");
    }

    private static IResult Fault(int status, string name, string message) =>
        Results.Json(new { StatusCode = status, Name = name, Message = message },
            new JsonSerializerOptions(JsonSerializerDefaults.Web), statusCode: status);
}
