using System.Collections.Concurrent;

namespace Wopr.Sandbox.Models;

internal sealed record PlaceSettings(IReadOnlyList<KeyValuePair<string, string>> Words, Behaviour Behaviour);

/// <summary>Who behaves how: a model's name says more than its place does, and the place more than what holds for
/// all.</summary>
internal sealed class Behaviours
{
    /// <summary>The place of what holds for all.</summary>
    public const string Everywhere = "";

    private const int NamesMax = 10_000;

    private readonly ConcurrentDictionary<string, PlaceSettings> _places = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Place, string Model), Behaviour> _models = new();

    public IReadOnlyDictionary<string, PlaceSettings> Places => _places;

    public Behaviour Of(string place, string model)
    {
        var behaviour = At(place);
        var question = model.IndexOf('?', StringComparison.Ordinal);
        if (question < 0) { return behaviour; }
        // Kept, because the first three requests are those of all who say the same name.
        if (!_models.TryGetValue((place, model), out var own))
        {
            if (_models.Count >= NamesMax) { _models.Clear(); }
            own = _models.GetOrAdd((place, model), Behaviour.Parse(Words(model[(question + 1)..])));
        }
        return own.Over(behaviour);
    }

    public void Set(string place, IReadOnlyList<KeyValuePair<string, string>> words)
    {
        if (words.Count == 0) { _places.TryRemove(place, out _); }
        else { _places[place] = new(words, Behaviour.Parse(words)); }
    }

    public void Clear()
    {
        _places.Clear();
        _models.Clear();
    }

    public static string NameOf(string model) =>
        model.IndexOf('?', StringComparison.Ordinal) is var question and >= 0 ? model[..question] : model;

    private Behaviour At(string place)
    {
        var everywhere = _places.TryGetValue(Everywhere, out var all) ? all.Behaviour : Behaviour.Plain;
        return place.Length > 0 && _places.TryGetValue(place, out var here) ? here.Behaviour.Over(everywhere)
            : everywhere;
    }

    private static List<KeyValuePair<string, string>> Words(string query) =>
        [.. query.Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(word => word.Split('=', 2)).Select(word =>
            KeyValuePair.Create(word[0], word.Length == 2 ? word[1] : ""))];
}
