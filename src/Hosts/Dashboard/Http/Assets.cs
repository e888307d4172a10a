using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;

namespace Wopr.Dashboard.Http;

/// <summary>
/// The files under wwwroot. An address carries the file's hash, so what a browser kept is never stale.
/// </summary>
internal sealed class Assets
{
    private readonly Dictionary<string, Asset> _byPath;

    public Assets(string root)
    {
        var types = new FileExtensionContentTypeProvider();
        _byPath = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).ToDictionary(
            file => "/" + Path.GetRelativePath(root, file).Replace('\\', '/'),
            file => Read(file, types),
            StringComparer.Ordinal);
    }

    public string this[string path] => $"{path}?v={_byPath[path].Version}";

    private static Asset Read(string file, FileExtensionContentTypeProvider types)
    {
        var bytes = File.ReadAllBytes(file);
        var type = types.TryGetContentType(file, out var known) ? known : "text/plain";
        return new(bytes, type, Convert.ToHexStringLower(SHA256.HashData(bytes))[..12]);
    }

    private sealed record Asset(byte[] Bytes, string Type, string Version);

    /// <summary>Serves them from memory; they are few and small.</summary>
    internal sealed class Files(RequestDelegate next, Assets assets)
    {
        public Task InvokeAsync(HttpContext context)
        {
            var (request, response) = (context.Request, context.Response);
            var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
            if (!isRead || !assets._byPath.TryGetValue(request.Path.Value ?? "", out var asset))
            {
                return next(context);
            }
            // Another version was asked for while replicas roll: this one must not be kept under its name.
            response.Headers.CacheControl = request.Query["v"] == asset.Version
                ? "public, max-age=31536000, immutable"
                : "no-cache";
            response.ContentType = asset.Type;
            response.ContentLength = asset.Bytes.Length;
            return HttpMethods.IsHead(request.Method)
                ? Task.CompletedTask
                : response.Body.WriteAsync(asset.Bytes, context.RequestAborted).AsTask();
        }
    }
}
