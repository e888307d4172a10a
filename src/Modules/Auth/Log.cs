using Microsoft.Extensions.Logging;

namespace Wopr.Auth;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "The password of user {UserId} was reset; all of its sessions ended")]
    public static partial void PasswordReset(ILogger logger, string userId);
}
