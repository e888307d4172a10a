using System.Text;
using System.Text.Json;

namespace Wopr.Platform.Tests;

/// <summary>Values that a careful client would never send.</summary>
internal sealed class OddValues(Random random)
{
    private static readonly string[] s_names =
    [
        "name", "email", "password", "image", "rememberMe", "token", "currentPassword", "newPassword", "revokeOtherSessions",
        "tenant", "code", "callbackURL", "organizationId", "role", "id", "0", "1", "__proto__", "",
    ];

    private static readonly string[] s_texts =
    [
        "", " ", "ann@example.com", "Ann@Example.COM", "а@example.com", "Testpass1", "'; drop table auth.user; --", "\0", "a\0b", "\ud800",
        "\u202e", "ﬀ", "null", "true", "-1", "1e400", "sess_0199a1b2c3d4e5f60718293a4b5c6d7e", "../../etc/passwd", "%00", "http://evil.example",
        "//evil.example", "javascript:1", "2026-11-21T00:00:00Z", "{}", "[]",
    ];

    public int Next(int below) => random.Next(below);

    public string Text() => random.Next(10) == 0 ? new string('x', random.Next(6000)) : s_texts[random.Next(s_texts.Length)];

    /// <summary>Text that may stand in a header.</summary>
    public string Header() => new([.. Enumerable.Range(0, random.Next(80)).Select(_ => (char)random.Next(33, 127))]);

    public string Broken(string text)
    {
        var letters = text.ToCharArray();
        letters[random.Next(letters.Length)] = (char)random.Next(33, 127);
        return new(letters);
    }

    public byte[] Body()
    {
        var json = Encoding.UTF8.GetBytes(Json(0));
        switch (random.Next(8))
        {
            case 0:
                var noise = new byte[random.Next(200)];
                random.NextBytes(noise);
                return noise;
            case 1:
                return json[..random.Next(json.Length + 1)];
            case 2 when json.Length > 0:
                json[random.Next(json.Length)] = (byte)random.Next(256);
                return json;
            default:
                return json;
        }
    }

    private string Json(int depth) => (depth == 0 ? 10 : random.Next(depth > 4 ? 6 : 12)) switch
    {
        0 => "null",
        1 => random.Next(2) == 0 ? "true" : "false",
        2 => random.Next(2) == 0 ? $"{random.Next(-5, 99)}" : "1e999",
        3 => "\"\\ud800\"",
        4 => "-0.1e-5",
        5 or 6 or 7 => JsonSerializer.Serialize(Text()),
        8 => $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Json(depth + 1)))}]",
        _ => $"{{{string.Join(',', Enumerable.Range(0, random.Next(7)).Select(_ => Member(depth)))}}}",
    };

    private string Member(int depth) => $"{JsonSerializer.Serialize(s_names[random.Next(s_names.Length)])}:{Json(depth + 1)}";
}
