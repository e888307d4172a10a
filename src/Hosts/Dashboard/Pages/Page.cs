using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;
using Wopr.Dashboard.Http;

namespace Wopr.Dashboard.Pages;

/// <summary>Renders a page; one whose form was refused says so in its status as well.</summary>
internal static class Page
{
    public static RazorComponentResult<T> Show<T>(object parameters, Form? form = null) where T : IComponent =>
        new(parameters) { StatusCode = form?.IsRefused == true ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK };

    public static IResult Go(string path) => TypedResults.LocalRedirect(path);
}
