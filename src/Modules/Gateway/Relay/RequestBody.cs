using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <summary>How much memory all request bodies together may take, so that many large ones cannot take it all.</summary>
internal sealed class BodyBudget(GatewayOptions options)
{
    private readonly long _max = options.BodiesMegabytes * 1024L * 1024L;
    private long _taken;

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= _max) { return true; }
        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _taken, -bytes);
}

/// <summary>A request's whole body in a rented array. It grows as bytes come, not as a header promises.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBytes = 8 * 1024;

    private readonly BodyBudget _budget;
    private byte[] _bytes = [];
    private int _length;

    private RequestBody(BodyBudget budget) => _budget = budget;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    public static async ValueTask<Result<RequestBody>> ReadAsync(HttpContext context, BodyBudget budget, CancellationToken ct)
    {
        if (context.Request.ContentLength > GatewayOptions.BodyBytesMax) { return GatewayProblems.TooLarge; }
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) { size.MaxRequestBodySize = GatewayOptions.BodyBytesMax; }
        RequestBody body = new(budget);
        try
        {
            if (await body.FillAsync(context, ct) is not { } problem) { return body; }
            body.Dispose();
            return problem;
        }
        catch (BadHttpRequestException error)
        {
            body.Dispose();
            return error.StatusCode == StatusCodes.Status413PayloadTooLarge ? GatewayProblems.TooLarge : GatewayProblems.TooSlow;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_bytes.Length == 0) { return; }
        ArrayPool<byte>.Shared.Return(_bytes);
        _budget.Return(_bytes.Length);
        (_bytes, _length) = ([], 0);
    }

    private async ValueTask<Problem?> FillAsync(HttpContext context, CancellationToken ct)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(ct);
            foreach (var part in read.Buffer)
            {
                if (_length + part.Length > GatewayOptions.BodyBytesMax) { return GatewayProblems.TooLarge; }
                if (_length + part.Length > _bytes.Length && !Grow(_length + part.Length)) { return GatewayProblems.Full; }
                part.CopyTo(_bytes.AsMemory(_length));
                _length += part.Length;
            }
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) { return null; }
            if (read.IsCanceled) { return GatewayProblems.TooSlow; }
        }
    }

    private bool Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBytes, Math.Max(needed, _bytes.Length * 2)));
        if (!_budget.TryTake(larger.Length))
        {
            ArrayPool<byte>.Shared.Return(larger);
            return false;
        }
        _bytes.AsSpan(0, _length).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _budget.Return(_bytes.Length);
        }
        _bytes = larger;
        return true;
    }
}
