using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>Sends one request and reads its answer: a value, or the problem the Platform named.</summary>
internal sealed class PlatformWire(HttpClient http, Caller caller)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_uploadPatience = TimeSpan.FromMinutes(15);

    public Task<Result<T>> GetAsync<T>(string path, CancellationToken ct) =>
        SendAsync<T>(HttpMethod.Get, path, body: null, ct);

    public Task<Result<T>> PostAsync<T>(string path, object body, CancellationToken ct) =>
        SendAsync<T>(HttpMethod.Post, path, body, ct);

    public Task<Result<T>> PostAsync<T>(string path, object body, (string Name, string Value) header, CancellationToken ct) =>
        SendAsync<T>(HttpMethod.Post, path, body, header, ct);

    public Task<Result<Done>> PostAsync(string path, object body, CancellationToken ct) =>
        SendAsync<Done>(HttpMethod.Post, path, body, ct);

    public Task<Result<T>> PutAsync<T>(string path, object body, CancellationToken ct) =>
        SendAsync<T>(HttpMethod.Put, path, body, ct);

    public Task<Result<Done>> PatchAsync(string path, object body, CancellationToken ct) =>
        SendAsync<Done>(HttpMethod.Patch, path, body, ct);

    public Task<Result<Done>> DeleteAsync(string path, CancellationToken ct) =>
        SendAsync<Done>(HttpMethod.Delete, path, body: null, ct);

    public async Task<Result<T>> QueryAsync<T>(string procedure, object input, CancellationToken ct)
    {
        var text = Uri.EscapeDataString(JsonSerializer.Serialize(input, s_json));
        return (await GetAsync<TrpcAnswer<T>>($"/trpc/{procedure}?input={text}", ct)).Map(answer => answer.Result.Data);
    }

    public async Task<Result<T>> MutateAsync<T>(string procedure, object input, CancellationToken ct) =>
        (await PostAsync<TrpcAnswer<T>>($"/trpc/{procedure}", input, ct)).Map(answer => answer.Result.Data);

    /// <summary>A long answer to be passed on as it comes; the caller disposes it.</summary>
    public Task<Result<HttpResponseMessage>> DownloadAsync(string path, CancellationToken ct) => DownloadAsync(path, header: null, ct);

    public async Task<Result<HttpResponseMessage>> DownloadAsync(
        string path, (string Name, string Value)? header, CancellationToken ct)
    {
        var sent = await ExchangeAsync(HttpMethod.Get, path, body: null, header, ct);
        if (!sent.Succeeded(out var response, out var problem)) { return problem; }
        if (response.IsSuccessStatusCode) { return response; }
        using (response) { return await ProblemOf.ReadAsync(response, ct); }
    }

    /// <summary>A long body, as it comes. It may take minutes until it is answered.</summary>
    public async Task<Result<T>> UploadAsync<T>(string path, Stream body, string type, CancellationToken ct)
    {
        using StreamContent content = new(body);
        content.Headers.ContentType = new(type);
        return await ReadAsync<T>(await ExchangeAsync(HttpMethod.Post, path, content, header: null, s_uploadPatience, ct), ct);
    }

    private Task<Result<T>> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken ct) =>
        SendAsync<T>(method, path, body, header: null, ct);

    private async Task<Result<T>> SendAsync<T>(
        HttpMethod method, string path, object? body, (string Name, string Value)? header, CancellationToken ct) =>
        await ReadAsync<T>(await ExchangeAsync(method, path, body, header, ct), ct);

    private static async Task<Result<T>> ReadAsync<T>(Result<HttpResponseMessage> sent, CancellationToken ct)
    {
        if (!sent.Succeeded(out var response, out var problem)) { return problem; }
        using (response)
        {
            if (!response.IsSuccessStatusCode) { return await ProblemOf.ReadAsync(response, ct); }
            if (typeof(T) == typeof(Done)) { return (T)(object)Done.Instance; }
            try
            {
                return (await response.Content.ReadFromJsonAsync<T>(s_json, ct))!;
            }
            catch (Exception error) when (error is JsonException or NotSupportedException)
            {
                return ProblemOf.Unreadable;
            }
        }
    }

    private Task<Result<HttpResponseMessage>> ExchangeAsync(
        HttpMethod method, string path, object? body, (string Name, string Value)? header, CancellationToken ct) =>
        ExchangeAsync(method, path, body is null ? null : JsonContent.Create(body, options: s_json), header, s_patience, ct);

    private async Task<Result<HttpResponseMessage>> ExchangeAsync(
        HttpMethod method, string path, HttpContent? body, (string Name, string Value)? header, TimeSpan patience, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        Introduce(request.Headers);
        if (header is (var name, var value)) { request.Headers.TryAddWithoutValidation(name, value); }
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(patience);
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (response.Headers.TryGetValues("Set-Cookie", out var cookies))
            {
                foreach (var cookie in cookies) { caller.OnSetCookie?.Invoke(cookie); }
            }
            return response;
        }
        catch (HttpRequestException)
        {
            return ProblemOf.Unreachable;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return ProblemOf.Unreachable;
        }
    }

    private void Introduce(HttpRequestHeaders headers)
    {
        Add("Cookie", caller.Cookie);
        Add("Origin", caller.Origin);
        Add("X-Forwarded-For", caller.Address);
        Add("User-Agent", caller.UserAgent);
        Add("Authorization", caller.Token is { } token ? $"Bearer {token}" : null);

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) { headers.TryAddWithoutValidation(name, value); }
        }
    }

    private sealed record TrpcAnswer<T>(TrpcResult<T> Result);

    private sealed record TrpcResult<T>(T Data);
}
