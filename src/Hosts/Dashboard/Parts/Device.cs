namespace Wopr.Dashboard.Parts;

/// <summary>A browser's name as people say it. Only for show: anybody can send any header.</summary>
internal static class Device
{
    // Order matters: Edge says Chrome too, and Chrome says Safari.
    private static readonly (string Sign, string Name)[] s_browsers =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl")];

    private static readonly (string Sign, string Name)[] s_systems =
        [("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux")];

    public static string Name(string? userAgent) => (Find(s_browsers, userAgent), Find(s_systems, userAgent)) switch
    {
        ({ } browser, { } system) => $"{browser} on {system}",
        ({ } browser, null) => browser,
        (null, { } system) => system,
        _ => "Unknown device",
    };

    private static string? Find((string Sign, string Name)[] signs, string? text) =>
        signs.FirstOrDefault(sign => text?.Contains(sign.Sign, StringComparison.Ordinal) == true).Name;
}
