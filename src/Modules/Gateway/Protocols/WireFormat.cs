namespace Wopr.Gateway.Protocols;

/// <summary>What a request, its answer and its stream look like on the wire.</summary>
internal enum WireFormat
{
    /// <summary>OpenAI's <c>/v1/chat/completions</c>.</summary>
    Chat,

    /// <summary>OpenAI's <c>/v1/responses</c>.</summary>
    Responses,

    /// <summary>OpenAI's <c>/v1/completions</c>.</summary>
    Completions,

    /// <summary>OpenAI's <c>/v1/embeddings</c>.</summary>
    Embeddings,

    /// <summary>Anthropic's <c>/v1/messages</c>.</summary>
    Messages,
}
