using System.Text;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Wopr.Protocol;
using Tool = Wopr.Bot.Memory.Tool;

namespace Wopr.Bot.ToolServers;

/// <summary>
/// One server of tools, from when it is written down until it is changed. It is spoken to when its tools are wanted, and a
/// server that fails is left alone for a moment: a turn goes on without its tools.
/// </summary>
internal sealed class ToolServer(KeptToolServer kept, HttpClient http, TimeProvider time, Log log) : IAsyncDisposable
{
    private const int ToolsMax = 64;
    private const int DescriptionMax = 1_000;
    private const int SchemaMax = 16_000;
    private static readonly TimeSpan s_connectMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_callMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_toolsHold = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_failureHolds = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _one = new(1);

    private McpClient? _client;
    private IReadOnlyList<Tool> _tools = [];
    private DateTimeOffset? _askedAt;
    private string? _problem;

    public KeptToolServer Kept => kept;

    public ToolServerView View => new(kept.Id, kept.Name, kept.Url, kept.IsEnabled, [.. kept.Headers.Keys],
        [.. _tools.Select(tool => new ToolView(tool.Offer.Name, tool.Offer.Description))], _askedAt, _problem ?? WhyOff);

    private string? WhyOff =>
        kept.IsEnabled ? null
        : ToolServerRules.LacksKeys(kept) ? "It came with an archive, without its keys. Add it again with its address and headers."
        : "It is switched off. Add it again to use it.";

    /// <summary>What it offers; nothing while it cannot be asked.</summary>
    public async Task<IReadOnlyList<Tool>> ToolsAsync(CancellationToken ct)
    {
        if (!kept.IsEnabled) { return []; }
        await _one.WaitAsync(ct);
        try
        {
            var holds = _problem is null ? s_toolsHold : s_failureHolds;
            if (_askedAt is { } asked && time.GetUtcNow() - asked < holds) { return _problem is null ? _tools : []; }
            await AskAsync(ct);
            return _problem is null ? _tools : [];
        }
        finally { _one.Release(); }
    }

    /// <summary>Asks anew.</summary>
    public async Task<ToolServerTest> TestAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            await AskAsync(ct);
            return new(_problem is null ? View.Tools : [], _problem);
        }
        finally { _one.Release(); }
    }

    public async ValueTask DisposeAsync()
    {
        await ForgetAsync();
        _one.Dispose();
    }

    private async Task AskAsync(CancellationToken ct)
    {
        using CancellationTokenSource limit = new(s_connectMax, time);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            var client = await ClientAsync(until.Token);
            var told = await client.ListToolsAsync((RequestOptions?)null, until.Token);
            (_tools, _problem) = ([.. told.Take(ToolsMax).Where(Fits).Select(Offered)], null);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { throw; }
        catch (Exception fault)
        {
            _problem = Sentence(fault);
            log.ToolServerFails(kept.Id, _problem);
            await ForgetAsync();
        }
        _askedAt = time.GetUtcNow();
    }

    private async Task<McpClient> ClientAsync(CancellationToken ct) => _client ??= await McpClient.CreateAsync(
        new HttpClientTransport(new()
        {
            Endpoint = new(kept.Url),
            Name = kept.Id,
            TransportMode = HttpTransportMode.StreamableHttp,
            EnableStandaloneGetStream = false,
            MaxReconnectionAttempts = 1,
            ConnectionTimeout = s_connectMax,
            AdditionalHeaders = kept.Headers.ToDictionary(),
        }, http, loggerFactory: null, ownsHttpClient: false),
        new() { ClientInfo = new() { Name = "wopr-bot", Version = "1" }, InitializationTimeout = s_connectMax }, loggerFactory: null, ct);

    private async Task ForgetAsync()
    {
        if (Interlocked.Exchange(ref _client, null) is not { } client) { return; }
        // It says goodbye to a server that may be gone.
        try { await client.DisposeAsync().AsTask().WaitAsync(s_connectMax, time); }
        catch (Exception fault) when (fault is TimeoutException or HttpRequestException or IOException or McpException or OperationCanceledException) { }
    }

    private async Task<string> CallAsync(string tool, JsonElement arguments, CancellationToken ct)
    {
        using CancellationTokenSource limit = new(s_callMax, time);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            McpClient client;
            await _one.WaitAsync(until.Token);
            try { client = await ClientAsync(until.Token); }
            finally { _one.Release(); }
            var given = arguments.EnumerateObject().GroupBy(argument => argument.Name, StringComparer.Ordinal)
                .ToDictionary(same => same.Key, same => same.Last().Value.Clone(), StringComparer.Ordinal);
            return Words(await client.CallToolAsync(new CallToolRequestParams { Name = tool, Arguments = given }, until.Token));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { throw; }
        // What the server says of the call itself, the model may mend.
        catch (McpProtocolException refused) { return $"The tool refused: {refused.Message}"; }
        catch (Exception fault)
        {
            var sentence = Sentence(fault);
            log.ToolServerFails(kept.Id, sentence);
            await _one.WaitAsync(ct);
            try { await ForgetAsync(); }
            finally { _one.Release(); }
            return sentence;
        }
    }

    private static bool Fits(McpClientTool tool) => ToolNames.IsPlain(tool.Name) && tool.JsonSchema.GetRawText().Length <= SchemaMax;

    private Tool Offered(McpClientTool tool)
    {
        var about = tool.Description is { Length: > DescriptionMax } ? tool.Description[..DescriptionMax] : tool.Description;
        return new(new(ToolNames.Of(kept.Id, tool.Name), about ?? "", tool.JsonSchema.GetRawText()),
            (arguments, _, ct) => CallAsync(tool.Name, arguments, ct));
    }

    private static string Words(CallToolResult result)
    {
        StringBuilder words = new();
        foreach (var block in result.Content)
        {
            if (words.Length > 0) { words.Append('\n'); }
            words.Append(block is TextContentBlock text ? text.Text : $"({block.Type}, which cannot be read here)");
        }
        if (words.Length == 0 && result.StructuredContent is { } structured) { words.Append(structured.GetRawText()); }
        var said = words.Length == 0 ? "(nothing)" : words.ToString();
        return result.IsError == true ? $"The tool failed: {said}" : said;
    }

    private string Sentence(Exception fault) => fault switch
    {
        HttpRequestException { StatusCode: System.Net.HttpStatusCode.Unauthorized or System.Net.HttpStatusCode.Forbidden } =>
            $"{kept.Name} refuses this bot. Give it another key in the header it expects, mostly Authorization.",
        HttpRequestException { StatusCode: { } status } => $"{kept.Name} answered {(int)status}. See whether its address is right.",
        OperationCanceledException or TimeoutException => $"{kept.Name} did not answer in time. It is asked again in a moment.",
        HttpRequestException or IOException => $"{kept.Name} cannot be reached. See whether its address is right and whether it runs.",
        InvalidDataException => $"{kept.Name} sent more than {BoundedAnswers.BytesMax / (1024 * 1024)} MB. Have it answer with less.",
        _ => $"{kept.Name} does not speak the Model Context Protocol over HTTP as expected.",
    };
}
