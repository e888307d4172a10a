namespace Wopr.Client;

/// <summary>A page of a list, and where the next one begins.</summary>
public sealed record Listing<T>(T[] Items, string? NextCursor = null);
