using System.Text.Json;
using Wopr.Bot.Model;
using Wopr.Bot.Turns;

namespace Wopr.Bot.Memory;

/// <summary>Does what the model asks for and answers in words; a refusal is an answer too.</summary>
internal delegate Task<string> UseTool(JsonElement arguments, Turn turn, CancellationToken ct);

internal sealed record Tool(ToolOffer Offer, UseTool Use);
