using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>
/// A request body of better-auth's routes: JSON, with unknown fields ignored, because its clients send more than
/// a server has to know. Every fault is collected before anything is refused.
/// </summary>
internal sealed class AuthBody
{
    private static readonly JsonElement s_empty = JsonElement.Parse("{}");

    private readonly JsonElement _root;
    private readonly List<string> _issues = [];
    private readonly Problem? _unreadable;

    private AuthBody(JsonElement root) => _root = root;

    private AuthBody(Problem unreadable) : this(s_empty) => _unreadable = unreadable;

    /// <summary>Lets a handler take the body as a parameter; what cannot be read becomes its refusal.</summary>
    public static async ValueTask<AuthBody> BindAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength is 0 || request.ContentType is null) { return new(s_empty); }
        if (!request.HasJsonContentType()) { return new(Problems.NotJson); }
        try
        {
            using var document = await JsonDocument.ParseAsync(request.Body, default, context.RequestAborted);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new(document.RootElement.Clone())
                : new(AuthProblems.Invalid("[body] Invalid input: expected object"));
        }
        catch (JsonException)
        {
            return new(AuthProblems.Invalid("[body] The body is not valid JSON"));
        }
        catch (BadHttpRequestException error)
        {
            return new(ProblemHttp.FromBadRequest(error));
        }
    }

    /// <summary>Why the body cannot be taken; ask after every field was read, so that all faults are told at once.</summary>
    public Problem? Refusal =>
        _unreadable ?? (_issues.Count == 0 ? null : AuthProblems.Invalid(string.Join("; ", _issues)));

    public bool Has(string name) => _root.TryGetProperty(name, out _);

    public string Text(string name, int max = 256)
    {
        var text = OptionalText(name, max);
        if (text is null && !Has(name)) { Issue(name, "Invalid input: expected string, received undefined"); }
        return text ?? "";
    }

    public string? OptionalText(string name, int max = 256)
    {
        if (!_root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) { return null; }
        if (value.ValueKind != JsonValueKind.String)
        {
            Issue(name, $"Invalid input: expected string, received {Kind(value)}");
            return null;
        }
        if (TextOf(value) is not { } text)
        {
            Issue(name, "Invalid text");
            return null;
        }
        if (text.Length > max) { Issue(name, $"Too big: expected string to have <={max} characters"); }
        else if (text.Contains('\0', StringComparison.Ordinal)) { Issue(name, "Invalid text"); }
        return text;
    }

    /// <summary>Long enough that no password is cut, short enough that none is a burden to hash.</summary>
    public string Password(string name) => Text(name, 4096);

    public bool Flag(string name, bool otherwise)
    {
        if (!_root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) { return otherwise; }
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) { return value.GetBoolean(); }
        Issue(name, $"Invalid input: expected boolean, received {Kind(value)}");
        return otherwise;
    }

    public EmailAddress? Email(string name = "email")
    {
        if (EmailAddress.TryParse(Text(name), out var email)) { return email; }
        if (_issues.Count == 0) { Issue(name, "Invalid email address"); }
        return null;
    }

    private void Issue(string name, string issue) => _issues.Add($"[body.{name}] {issue}");

    // A lone surrogate escape is valid JSON and no text.
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        var kind => Sql.Name(kind),
    };
}
