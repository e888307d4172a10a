using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Kernel;

namespace Wopr.Notices;

public static class NoticesModule
{
    public static void AddNotices(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(settings.Read<NoticesOptions>());
        builder.Services.AddSingleton<NoticeQueue>();
        builder.Services.AddSingleton<ResendClient>();
        builder.Services.AddOutboxHandler<MailQueued, MailDelivery>();
        builder.Services.AddExclusiveJob<MailRetention>("notices-retention", every: TimeSpan.FromDays(1));
    }
}
