namespace Wopr.Dashboard.Http;

/// <summary>A page that asks for a part of itself, to put it in its place.</summary>
internal static class PartRequest
{
    public static bool AsksForPart(this HttpRequest request) =>
        request.Headers["HX-Request"] == "true" && request.Headers["HX-Boosted"] != "true";

    /// <summary>What it has already is not sent again.</summary>
    public static IResult Unchanged { get; } = TypedResults.NoContent();

    /// <summary>The page as a whole is out of date; it loads itself anew.</summary>
    public static IResult Reload(HttpResponse response)
    {
        response.Headers["HX-Refresh"] = "true";
        return TypedResults.NoContent();
    }
}
