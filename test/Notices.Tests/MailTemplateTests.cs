using System.Reflection;

namespace Wopr.Notices.Tests;

public sealed class MailTemplateTests
{
    [Fact]
    public void Every_template_has_a_constant_and_every_constant_a_template() =>
        Assert.Equal(MailTemplate.Names.Order(), typeof(NoticeTemplate)
            .GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!).Order());

    [Fact]
    public void Every_template_renders_with_the_values_it_asks_for()
    {
        foreach (var name in MailTemplate.Names)
        {
            var template = MailTemplate.Of(name);
            var values = template.Take(template.Values.ToDictionary(
                value => value, value => value == "link" ? "https://app.wopr.bot/x" : $"the {value}"));

            var mail = template.Render(values);

            Assert.DoesNotContain("{{", mail.Subject + mail.Text + mail.Html, StringComparison.Ordinal);
            Assert.DoesNotContain("](", mail.Text + mail.Html, StringComparison.Ordinal);
            Assert.All(values.Values, value =>
            {
                Assert.Contains(value, mail.Subject + mail.Text, StringComparison.Ordinal);
                Assert.Contains(value, mail.Html, StringComparison.Ordinal);
            });
        }
    }

    [Fact]
    public void A_value_is_data_in_the_page_and_one_line_in_the_text()
    {
        var template = MailTemplate.Of(NoticeTemplate.Invitation);
        var values = template.Take(new Dictionary<string, string>
        {
            ["inviter"] = "<b>Mallory</b>\r\n\r\n[Pay here]({{link}})",
            ["organization"] = "{{link}}",
            ["role"] = new string('x', 5000),
            ["validFor"] = "7 days",
            ["link"] = "https://app.wopr.bot/i?a=1&b=\"><script>",
            ["unknown"] = "kept nowhere",
        });

        var mail = template.Render(values);

        Assert.DoesNotContain("<b>", mail.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", mail.Html, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', mail.Subject);
        Assert.Equal(1, mail.Html.Split("<a ").Length - 1);
        Assert.True(mail.Text.Length < 2000);
        Assert.DoesNotContain("unknown", values.Keys);
    }
}
