using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing.Tests;

public sealed class TopUpTests : IAsyncLifetime
{
    private const string Tenant = RuntimeBilling.Tenant;

    private static readonly Actor s_owner = new(ActorKind.User, Tenant) { UserId = Tenant, TenantId = Tenant, Role = Role.Owner, Scope = Scope.Write };

    private readonly CardStripe _stripe = new();
    private RuntimeBilling _billing = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _billing = await RuntimeBilling.StartAsync(services => services.AddSingleton(provider => new StripeHttp(
            new("http://stripe.test"), "sk_test_key", _stripe, TimeProvider.System, NullLogger<StripeHttp>.Instance)));
        await _billing.Get<TenantCustomers>().BindAsync(_billing.Db, Tenant, "cus_1", Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _billing.DisposeAsync();
        _stripe.Dispose();
    }

    [Fact]
    public async Task Below_the_threshold_the_saved_card_is_charged_once_and_the_tenant_told_once()
    {
        await SetAsync(new(UsageEnabled: true));
        await RunAsync();
        await RunAsync();

        Assert.Equal(2000, await _billing.CentsAsync());
        Assert.Single(_stripe.Charged);
        Assert.Equal("top_up pi_1 20", await _billing.Db.ValueAsync<string>(
            $"select kind || ' ' || reference || ' ' || nanos / 1000000000 from credits.entry", Ct));

        var paid = new PaymentCredited(Tenant, "pi_1", "top_up", 2000, 20_000_000_000);
        for (var time = 0; time < 2; time++) { await _billing.Get<PaymentNews>().HandleAsync(paid, new(Guid.Empty, 1, false), Ct); }
        Assert.Equal(["top-up-succeeded"], await _billing.MailsAsync());
    }

    [Fact]
    public async Task Whoever_hears_of_it_first_credits_it_and_the_other_does_not()
    {
        await SetAsync(new(UsageEnabled: true));
        _stripe.AnswersLost = 3;
        await RunAsync();
        Assert.Equal(0, await _billing.CentsAsync());

        await _billing.Get<StripeInbox>().ReceiveAsync(TestBilling.Event("payment_intent.succeeded", new
        {
            id = "pi_1",
            status = "succeeded",
            amount = 2000,
            amount_received = 2000,
            currency = "usd",
            customer = "cus_1",
            metadata = new { wopr_tenant = Tenant, wopr_source = "auto_topup" },
        }, "evt_1"), Ct);
        Assert.Equal(2000, await _billing.CentsAsync());

        await RunAsync();
        Assert.Equal(2000, await _billing.CentsAsync());
        Assert.Equal("succeeded", await StatusAsync());
        Assert.Equal(1, await _billing.Db.ValueAsync<long>($"select count(*) from kernel.outbox where topic = 'billing.payment_credited'", Ct));
    }

    [Fact]
    public async Task An_attempt_that_was_cut_off_goes_on_under_its_key_and_charges_once()
    {
        await SetAsync(new(UsageEnabled: true));
        _stripe.AnswersLost = 3;
        await RunAsync();
        Assert.Equal(("started", 0), (await StatusAsync(), await _billing.CentsAsync()));
        await RunAsync();

        Assert.Equal(("succeeded", 2000), (await StatusAsync(), await _billing.CentsAsync()));
        Assert.Single(_stripe.Charged);
        Assert.Single(_stripe.Keys.Distinct());
    }

    [Fact]
    public async Task Two_at_a_time_charge_once()
    {
        await SetAsync(new(UsageEnabled: true));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => RunAsync()));

        Assert.Single(_stripe.Charged);
        Assert.Equal(2000, await _billing.CentsAsync());
    }

    [Fact]
    public async Task What_is_not_known_after_a_day_is_not_asked_again()
    {
        await SetAsync(new(UsageEnabled: true));
        _stripe.AnswersLost = 3;
        await RunAsync();
        _billing.Clock.Pass(TimeSpan.FromHours(24));
        await RunAsync();

        Assert.Equal("failed", await _billing.Db.ValueAsync<string>($"select status from billing.top_up_attempt order by created_at", Ct));
        Assert.Single(_stripe.Charged);
    }

    [Fact]
    public async Task A_payment_under_way_is_waited_for_and_not_made_again()
    {
        await SetAsync(new(UsageEnabled: true));
        _stripe.Status = "processing";
        await RunAsync();
        _billing.Clock.Pass(TimeSpan.FromDays(3));
        await RunAsync();
        Assert.Equal(("started", 0), (await StatusAsync(), await _billing.CentsAsync()));
        _stripe.Status = "succeeded";
        await RunAsync();

        Assert.Equal(("succeeded", 2000), (await StatusAsync(), await _billing.CentsAsync()));
        Assert.Single(_stripe.Charged);
    }

    [Fact]
    public async Task A_declined_card_is_tried_three_times_further_and_further_apart_then_no_more()
    {
        await SetAsync(new(UsageEnabled: true));
        _stripe.Declines = true;
        for (var hour = 0; hour < 48; hour++)
        {
            await RunAsync();
            _billing.Clock.Pass(TimeSpan.FromHours(1));
        }

        Assert.Equal(3, _stripe.Keys.Count);
        Assert.Equal(["top-up-failed", "top-up-failed", "top-up-stopped"], await _billing.MailsAsync());
        var view = await ShowAsync();
        Assert.Equal((false, true), (view.UsageEnabled, view.StoppedAt is not null));

        _stripe.Declines = false;
        await SetAsync(new(UsageEnabled: true));
        await RunAsync();
        Assert.Equal(2000, await _billing.CentsAsync());
    }

    [Fact]
    public async Task Without_a_card_it_cannot_be_turned_on_and_one_that_is_taken_away_counts_as_declined()
    {
        _stripe.HasCard = false;
        Assert.Equal("No payment method on file. Please add a payment method first.",
            (await _billing.Get<TopUpSettings>().UpdateAsync(s_owner, new(UsageEnabled: true), Ct)).Problem?.Detail);
        _stripe.HasCard = true;
        await SetAsync(new(UsageEnabled: true));
        _stripe.HasCard = false;
        await RunAsync();

        Assert.Equal(["top-up-failed"], await _billing.MailsAsync());
        Assert.Empty(_stripe.Charged);
    }

    [Fact]
    public async Task Who_is_frozen_suspended_or_in_debt_is_not_charged()
    {
        await SetAsync(new(UsageEnabled: true));
        await _billing.Ledger.FreezeAsync(Actor.System, _billing.Db, Tenant, true, "a test", Ct);
        await RunAsync();
        await _billing.Ledger.FreezeAsync(Actor.System, _billing.Db, Tenant, false, "a test", Ct);
        await _billing.Db.ExecuteAsync($"update auth.tenant set status = 'suspended'", Ct);
        await RunAsync();
        await _billing.Db.ExecuteAsync($"update auth.tenant set status = 'active'", Ct);
        await _billing.Ledger.ClawbackAsync(_billing.Db, new(Tenant, "dp_1", EntryKind.Dispute, Money.FromCents(1), "Dispute"), Ct);
        await RunAsync();
        Assert.Empty(_stripe.Keys);

        await _billing.PayAsync(1);
        await RunAsync();
        Assert.Single(_stripe.Charged);
    }

    [Fact]
    public async Task The_monthly_cap_holds_and_opens_with_the_next_month()
    {
        await SetAsync(new(UsageEnabled: true, UsageTopupCents: 2000, MonthlyCapCents: 4999));
        for (var time = 0; time < 4; time++)
        {
            await RunAsync();
            await SpendAllAsync();
        }
        Assert.Equal(2, _stripe.Charged.Count);

        _billing.Clock.Time = new(2026, 4, 1, 0, 0, 0, TimeSpan.Zero);
        await RunAsync();
        Assert.Equal(3, _stripe.Charged.Count);
    }

    [Fact]
    public async Task A_schedule_charges_at_its_time_whatever_the_balance_and_makes_nothing_up()
    {
        await _billing.PayAsync(100_000);
        await SetAsync(new(ScheduleEnabled: true, ScheduleInterval: "weekly", ScheduleAmountCents: 500));
        await RunAsync();
        Assert.Empty(_stripe.Charged);
        Assert.Equal(_billing.Clock.Time.AddDays(7), (await ShowAsync()).ScheduleNextAt);

        _billing.Clock.Pass(TimeSpan.FromDays(24));
        await RunAsync();
        await RunAsync();
        Assert.Equal([500], _stripe.Charged);
        Assert.Equal(_billing.Clock.Time.AddDays(4), (await ShowAsync()).ScheduleNextAt);
    }

    [Theory]
    [InlineData("""{"usage_threshold_cents":300}""", "usage_threshold_cents: Must be one of: 200, 500, 1000")]
    [InlineData("""{"usage_topup_cents":1}""", "usage_topup_cents and schedule_amount_cents: Must be one of: 500, 1000, 2000, 5000, 10000, 20000, 50000")]
    [InlineData("""{"schedule_amount_cents":-500}""", "usage_topup_cents and schedule_amount_cents: Must be one of: 500, 1000, 2000, 5000, 10000, 20000, 50000")]
    [InlineData("""{"schedule_interval":"hourly"}""", "schedule_interval: Must be one of: daily, weekly, monthly")]
    [InlineData("""{"schedule_enabled":true}""", "To top up on a schedule, say schedule_interval and schedule_amount_cents.")]
    [InlineData("""{"monthly_cap_cents":-1}""", "monthly_cap_cents is a whole number of cents that is not below a single top-up, or 0 for no limit.")]
    [InlineData("""{"usage_enabled":true,"monthly_cap_cents":100}""", "monthly_cap_cents is a whole number of cents that is not below a single top-up, or 0 for no limit.")]
    public async Task What_cannot_be_set_is_refused_and_nothing_changes(string update, string sentence)
    {
        var outcome = await _billing.Get<TopUpSettings>().UpdateAsync(s_owner, JsonSerializer.Deserialize<UpdateTopUp>(update)!, Ct);

        Assert.Equal(sentence, outcome.Problem?.Detail);
        Assert.Equal(TopUpView.From(new(Tenant), null), await ShowAsync());
    }

    private async Task SetAsync(UpdateTopUp update)
    {
        var outcome = await _billing.Get<TopUpSettings>().UpdateAsync(s_owner, update, Ct);
        Assert.Null(outcome.Problem);
        Assert.Equal("4242", outcome.Value!.PaymentMethodLast4);
    }

    private async Task<TopUpView> ShowAsync() => (await _billing.Get<TopUpSettings>().ShowAsync(s_owner, Ct)).Value!;

    private Task RunAsync() => _billing.Get<TopUpJob>().RunAsync(Ct);

    private async Task SpendAllAsync()
    {
        if (await _billing.CentsAsync() is > 0 and var cents)
        {
            await _billing.Ledger.ChargeAsync(_billing.Db,
                new(Tenant, $"spent:{Guid.CreateVersion7()}", EntryKind.Runtime, Money.FromCents(cents), "x"), Ct);
        }
        _billing.Clock.Pass(TimeSpan.FromMinutes(1));
    }

    private Task<string?> StatusAsync() => _billing.Db.ValueAsync<string>($"select status from billing.top_up_attempt", Ct);

    /// <summary>As much of Stripe as a saved card needs. Under one key it charges once, and answers the same again.</summary>
    private sealed class CardStripe : HttpMessageHandler
    {
        private readonly Dictionary<string, string> _intents = [];

        public List<string> Keys { get; } = [];
        public List<long> Charged { get; } = [];
        public bool HasCard { get; set; } = true;
        public bool Declines { get; set; }
        public string Status { get; set; } = "succeeded";

        /// <summary>So many charges are made without anybody learning of it.</summary>
        public int AnswersLost { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var path = request.RequestUri!.AbsolutePath;
            var form = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            lock (this)
            {
                return path switch
                {
                    "/v1/payment_methods" => Json($$"""{"data":[{{(HasCard ? """{"id":"pm_1","type":"card","card":{"last4":"4242"}}""" : "")}}]}"""),
                    "/v1/customers/cus_1" => Json("""{"id":"cus_1"}"""),
                    "/v1/payment_intents" => Charge(request.Headers.GetValues("Idempotency-Key").Single(), form),
                    _ => Json(Intent(path.Split('/')[^1], 2000)),
                };
            }
        }

        private HttpResponseMessage Charge(string key, string form)
        {
            Assert.Contains("off_session=true", form, StringComparison.Ordinal);
            Assert.Contains("payment_method=pm_1", form, StringComparison.Ordinal);
            Keys.Add(key);
            if (Declines)
            {
                return Json("""{"error":{"type":"card_error","code":"card_declined","decline_code":"generic_decline"}}""", HttpStatusCode.PaymentRequired);
            }
            if (!_intents.TryGetValue(key, out var id))
            {
                Charged.Add(long.Parse(form.Split("amount=")[1].Split('&')[0], System.Globalization.CultureInfo.InvariantCulture));
                _intents[key] = id = $"pi_{Charged.Count}";
            }
            return AnswersLost-- > 0 ? throw new HttpRequestException("lost") : Json(Intent(id, Charged[^1]));
        }

        private string Intent(string id, long cents) =>
            $$"""{"id":"{{id}}","status":"{{Status}}","amount":{{cents}},"currency":"usd","customer":"cus_1","latest_charge":"ch_{{id}}"}""";

        private static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK) =>
            new(status) { Content = new StringContent(body) };
    }
}
