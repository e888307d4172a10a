using System.Security.Cryptography;
using System.Text;

namespace Wopr.Kernel;

/// <summary>Random text that cannot be guessed, and the hash under which it is stored.</summary>
public static class Token
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Letters and digits; 32 of them carry 190 bits.</summary>
    public static string New(int length = 32) => RandomNumberGenerator.GetString(Alphabet, length);

    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
