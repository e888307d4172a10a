using System.Text;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>What <c>hosted_invoice_url</c>, <c>invoice_pdf</c> and <c>receipt_url</c> lead to.</summary>
internal sealed class InvoicePages(Account account)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/stripe/invoices/{id}", (string id) => Lines(Kind.Invoice, id) is { } lines
            ? Page.Show("Invoice", $"<article>{string.Concat(lines.Select(line => $"<p>{Page.Text(line)}</p>"))}"
                + $"<p><a href=\"/stripe/invoices/{id}/pdf\">Download</a></p></article>")
            : Results.NotFound());
        routes.MapGet("/stripe/invoices/{id}/pdf", (string id) => Lines(Kind.Invoice, id) is { } lines
            ? Results.File(Pdf(lines), "application/pdf", $"Invoice-{id}.pdf")
            : Results.NotFound());
        routes.MapGet("/stripe/receipts/{id}", (string id) => Lines(Kind.Charge, id) is { } lines
            ? Page.Show("Receipt", $"<article>{string.Concat(lines.Select(line => $"<p>{Page.Text(line)}</p>"))}</article>")
            : Results.NotFound());
    }

    private List<string>? Lines(Kind kind, string id)
    {
        lock (account.Gate)
        {
            if (account.Find(kind, id) is not { } thing) { return null; }
            var (currency, at) = (thing.Text("currency"), DateTimeOffset.FromUnixTimeSeconds(thing.Cents("created")));
            List<string> lines = [$"{thing.Text("number") ?? id}", $"{at:yyyy-MM-dd}, {thing.Text("status")}"];
            if (thing["lines"]?["data"] is JsonArray sold)
            {
                lines.AddRange(sold.Select(line => line!.AsObject()).Select(line => $"{line.Cents("quantity")} x "
                    + $"{line.Text("description")}: {CheckoutPage.Money(line.Cents("amount"), currency)}"));
            }
            lines.Add($"Total {CheckoutPage.Money(thing.Cents(kind == Kind.Invoice ? "total" : "amount"), currency)}");
            return lines;
        }
    }

    /// <summary>The least that is a PDF: one page, one font, a line under the other.</summary>
    private static byte[] Pdf(IEnumerable<string> lines)
    {
        var shown = string.Join("\n", lines.Select(line => $"({Ascii(line)}) Tj T*"));
        var content = $"BT /F1 12 Tf 72 740 Td 18 TL\n{shown}\nET";
        string[] objects =
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            $"<< /Length {content.Length} >>\nstream\n{content}\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ];
        var pdf = new StringBuilder("%PDF-1.4\n");
        List<int> offsets = [];
        for (var number = 1; number <= objects.Length; number++)
        {
            offsets.Add(pdf.Length);
            pdf.Append(null, $"{number} 0 obj\n{objects[number - 1]}\nendobj\n");
        }
        var table = pdf.Length;
        pdf.Append(null, $"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets) { pdf.Append(null, $"{offset:0000000000} 00000 n \n"); }
        pdf.Append(null, $"trailer\n<< /Size {objects.Length + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
        return Encoding.ASCII.GetBytes(pdf.ToString());
    }

    private static string Ascii(string line) =>
        string.Concat(line.Select(letter => letter is '(' or ')' or '\\' ? $"\\{letter}" : char.IsAscii(letter) ? $"{letter}" : "?"));
}
