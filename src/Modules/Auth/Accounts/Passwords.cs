using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Wopr.Auth;

/// <summary>
/// PBKDF2 with HMAC-SHA-512 at OWASP's cost. The cost stands in the stored text, so it can be raised: an old hash
/// is replaced at the next sign-in. At most one hash per core runs at a time, so sign-ins cannot starve the rest.
/// </summary>
internal static class Passwords
{
    public const int LengthMin = 8;
    public const int LengthMax = 128;
    private const int Iterations = 210_000;
    private const int SaltBytes = 16;
    private const int KeyBytes = 32;

    private static readonly SemaphoreSlim s_cores = new(Math.Max(1, Environment.ProcessorCount - 1));
    private static readonly string s_nobody = Encode(Iterations, new byte[SaltBytes], new byte[KeyBytes]);

    public static async Task<string> HashAsync(string password, CancellationToken ct)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return Encode(Iterations, salt, await DeriveAsync(password, salt, Iterations, ct));
    }

    /// <summary>Takes the same time whether or not there is a stored hash, so it does not tell who has an account.</summary>
    public static async Task<bool> MatchesAsync(string password, string? stored, CancellationToken ct)
    {
        var parts = (stored ?? s_nobody).Split('$');
        var iterations = int.Parse(parts[1], CultureInfo.InvariantCulture);
        var key = await DeriveAsync(password, Convert.FromBase64String(parts[2]), iterations, ct);
        return CryptographicOperations.FixedTimeEquals(key, Convert.FromBase64String(parts[3])) && stored is not null;
    }

    public static bool IsOutdated(string stored) => stored.Split('$')[1] != Iterations.ToString(CultureInfo.InvariantCulture);

    private static async Task<byte[]> DeriveAsync(string password, byte[] salt, int iterations, CancellationToken ct)
    {
        // Composed and decomposed accents are the same password.
        var bytes = Encoding.UTF8.GetBytes(password.Normalize(NormalizationForm.FormKC));
        await s_cores.WaitAsync(ct);
        try
        {
            return await Task.Run(
                () => Rfc2898DeriveBytes.Pbkdf2(bytes, salt, iterations, HashAlgorithmName.SHA512, KeyBytes), ct);
        }
        finally
        {
            s_cores.Release();
        }
    }

    private static string Encode(int iterations, byte[] salt, byte[] key) => string.Create(CultureInfo.InvariantCulture,
        $"pbkdf2-sha512${iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(key)}");
}
