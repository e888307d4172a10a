using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Stored passwords. Guesses are counted by the address they are tried on, whether anybody has it or not.</summary>
internal sealed class Credentials(Db db, RateWindows windows, TimeProvider time)
{
    private const int GuessesMax = 10;
    private const string Scope = "auth.password";
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(15);

    /// <param name="userId">Null when nobody has that address; the answer then takes as long and is no.</param>
    public async Task<Result<bool>> MatchesAsync(string email, string? userId, string password, CancellationToken ct)
    {
        var guesses = await windows.AddAsync(Scope, email, 1, s_window, ct);
        if (guesses.Count > GuessesMax) { return AuthProblems.TooManyAttempts(guesses.Left); }

        var stored = userId is null ? null : await HashOfAsync(userId, ct);
        if (!await Passwords.MatchesAsync(password, stored, ct)) { return false; }

        await windows.ClearAsync(Scope, email, ct);
        if (Passwords.IsOutdated(stored!)) { await SetAsync(db, userId!, await Passwords.HashAsync(password, ct), ct); }
        return true;
    }

    /// <summary>The refusal for a signed-in person who was asked for the password again.</summary>
    public async Task<Problem?> RefuseAsync(User user, string password, CancellationToken ct) =>
        (await MatchesAsync(user.Email, user.Id, password, ct)).Succeeded(out var matches, out var problem)
            ? matches ? null : AuthProblems.WrongPassword
            : problem;

    public async Task<bool> ExistAsync(string userId, CancellationToken ct) => await HashOfAsync(userId, ct) is not null;

    public Task<int> SetAsync(Db tx, string userId, string hash, CancellationToken ct) => tx.ExecuteAsync($"""
        insert into auth.credential (user_id, password_hash, updated_at)
        values ({userId}, {hash}, {time.Now()})
        on conflict (user_id) do update set password_hash = excluded.password_hash, updated_at = excluded.updated_at
        """, ct);

    private Task<string?> HashOfAsync(string userId, CancellationToken ct) =>
        db.ValueAsync<string>($"select password_hash from auth.credential where user_id = {userId}", ct);
}
