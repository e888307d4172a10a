using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wopr.Bot.Model;

/// <summary>One event of a streamed answer; whatever we do not know in it is skipped.</summary>
internal sealed record Chunk(string? Model, IReadOnlyList<ChunkChoice>? Choices, ChunkUsage? Usage, JsonElement? Error);

internal sealed record ChunkChoice(ChunkDelta? Delta, string? FinishReason);

internal sealed record ChunkDelta(string? Content, string? Refusal, IReadOnlyList<ChunkCall>? ToolCalls);

internal sealed record ChunkCall(int? Index, string? Id, ChunkFunction? Function);

internal sealed record ChunkFunction(string? Name, string? Arguments);

internal sealed record ChunkUsage(long PromptTokens, long CompletionTokens);

/// <summary>A refusal in the words of OpenAI.</summary>
internal sealed record ErrorBody(ErrorWords? Error);

internal sealed record ErrorWords(string? Message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Chunk))]
[JsonSerializable(typeof(ErrorBody))]
internal sealed partial class ChunkJson : JsonSerializerContext;
