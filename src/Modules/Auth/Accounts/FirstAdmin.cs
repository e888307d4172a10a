using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Makes administrators from the command line.</summary>
public sealed class FirstAdmin
{
    private readonly Accounts _accounts;

    internal FirstAdmin(Accounts accounts) => _accounts = accounts;

    /// <summary>The new administrator's first password, to be shown once.</summary>
    public async Task<Result<string>> CreateAsync(string email, CancellationToken ct)
    {
        if (!EmailAddress.TryParse(email, out var address))
        {
            return AuthProblems.Invalid("That is not an e-mail address. Example: --email admin@example.com");
        }
        return await _accounts.CreateAdminAsync(address, onlyFirst: false, ct) is { } password ? password : AuthProblems.EmailTaken;
    }

    /// <summary>Null when there is an administrator already.</summary>
    public Task<string?> CreateFirstAsync(string email, CancellationToken ct) =>
        EmailAddress.TryParse(email, out var address)
            ? _accounts.CreateAdminAsync(address, onlyFirst: true, ct)
            : Task.FromResult<string?>(null);
}
