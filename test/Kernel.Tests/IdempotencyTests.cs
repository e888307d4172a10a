using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wopr.Testing;

namespace Wopr.Kernel.Tests;

public sealed class IdempotencyTests : IAsyncLifetime
{
    private static readonly TestPostgres s_postgres = new(Migration.Of(typeof(Db).Assembly));

    private readonly Vault _vault = new("0123456789abcdef0123456789abcdef", []);
    private readonly SemaphoreSlim _gate = new(0);
    private NpgsqlDataSource _source = null!;
    private Db _db = null!;
    private WebApplication _app = null!;
    private HttpClient _http = null!;
    private int _runs;
    private int _answer = 201;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source = await s_postgres.CopyAsync(Ct);
        _db = new(_source);
        _app = Build(new() { Wait = TimeSpan.FromSeconds(2), Hold = TimeSpan.FromSeconds(1), Poll = TimeSpan.FromMilliseconds(20) });
        await _app.StartAsync(Ct);
        _http = new() { BaseAddress = new(_app.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await _source.DisposeAsync();
        _gate.Dispose();
    }

    [Fact]
    public async Task The_same_write_again_is_answered_and_not_done()
    {
        var first = await SendAsync("k1", "a");
        var second = await SendAsync("k1", "a");

        Assert.Equal(1, _runs);
        Assert.Equal((HttpStatusCode.Created, "did a 1"), (first.StatusCode, await first.Content.ReadAsStringAsync(Ct)));
        Assert.Equal((HttpStatusCode.Created, "did a 1"), (second.StatusCode, await second.Content.ReadAsStringAsync(Ct)));
        Assert.Equal("/things/1", second.Headers.Location?.ToString());
        Assert.Equal(first.Content.Headers.ContentType, second.Content.Headers.ContentType);
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal("true", second.Headers.GetValues("Idempotency-Replayed").Single());
    }

    [Theory]
    [InlineData("/write", "b")]
    [InlineData("/write?x=1", "a")]
    [InlineData("/write/", "a")]
    public async Task Another_request_under_the_same_key_is_refused(string path, string body)
    {
        await SendAsync("k1", "a");

        var other = await SendAsync("k1", body, path: path);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        Assert.Contains("idempotency_mismatch", await other.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task Of_two_at_once_one_runs_and_the_other_waits_for_its_answer()
    {
        var both = new[] { SendAsync("k1", "slow"), SendAsync("k1", "slow") };
        await Task.Delay(300, Ct);
        _gate.Release(2);

        var answers = await Task.WhenAll(both);

        Assert.Equal(1, _runs);
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.Single(answers, answer => answer.Headers.Contains("Idempotency-Replayed"));
    }

    [Fact]
    public async Task A_repetition_does_not_wait_for_ever_however_long_the_first_runs()
    {
        var first = SendAsync("k1", "slow");
        await UntilAsync(() => _runs == 1);

        // Longer than a run is believed to live: the first must have renewed its hold.
        var second = await SendAsync("k1", "slow");

        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Contains("idempotency_in_progress", await second.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.NotNull(second.Headers.RetryAfter);
        _gate.Release();
        Assert.Equal(HttpStatusCode.Created, (await first).StatusCode);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task The_key_of_a_killed_process_is_free_within_its_hold()
    {
        var first = SendAsync("k1", "a");
        await first;
        await _db.ExecuteAsync($"""
            update kernel.idempotency
            set status = null, body = null, holder = gen_random_uuid(), held_until = now() + interval '1 second'
            """, Ct);

        var next = await SendAsync("k1", "a");

        Assert.Equal(HttpStatusCode.Created, next.StatusCode);
        Assert.False(next.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(2, _runs);
    }

    [Fact]
    public async Task The_key_of_a_killed_process_still_belongs_to_its_request()
    {
        await SendAsync("k1", "a");
        await _db.ExecuteAsync($"update kernel.idempotency set status = null, body = null, held_until = now() - interval '1 hour'", Ct);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await SendAsync("k1", "b")).StatusCode);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(402)]
    [InlineData(403)]
    public async Task An_answer_that_does_not_end_the_matter_is_not_kept(int status)
    {
        _answer = status;
        await SendAsync("k1", "a");
        _answer = 201;

        Assert.Equal(HttpStatusCode.Created, (await SendAsync("k1", "a")).StatusCode);
        Assert.Equal(2, _runs);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(204)]
    public async Task Any_other_answer_is_kept(int status)
    {
        _answer = status;
        await SendAsync("k1", "a");
        _answer = 201;

        Assert.Equal(status, (int)(await SendAsync("k1", "a")).StatusCode);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task A_run_that_throws_frees_its_key()
    {
        Assert.Equal(HttpStatusCode.InternalServerError, (await SendAsync("k1", "throw")).StatusCode);

        Assert.Equal(0, await _db.ValueAsync<long>($"select count(*) from kernel.idempotency", Ct));
    }

    [Fact]
    public async Task A_caller_that_left_finds_the_answer()
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var first = SendAsync("k1", "slow", ct: leaving.Token);
        await UntilAsync(() => _runs == 1);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        _gate.Release();

        var second = await SendAsync("k1", "slow");

        Assert.Equal("did slow 1", await second.Content.ReadAsStringAsync(Ct));
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task Keys_belong_to_their_callers()
    {
        await SendAsync("k1", "a");

        Assert.Equal("did a 2", await (await SendAsync("k1", "a", user: "u2")).Content.ReadAsStringAsync(Ct));
        Assert.Equal("did a 3", await (await SendAsync("k1", "a", tenant: "t2")).Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public async Task Without_a_key_or_a_mark_or_a_known_caller_nothing_is_remembered()
    {
        await SendAsync(null, "a");
        await SendAsync(null, "a");
        await SendAsync("k1", "a", path: "/unmarked");
        await SendAsync("k1", "a", path: "/unmarked");
        await SendAsync("k1", "a", user: null);
        await SendAsync("k1", "a", user: null);

        Assert.Equal(6, _runs);
        Assert.Equal(0, await _db.ValueAsync<long>($"select count(*) from kernel.idempotency", Ct));
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData(256)]
    public async Task A_key_that_cannot_be_kept_is_refused(object key)
    {
        var answer = await SendAsync(key is int length ? new string('k', length) : (string)key, "a");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(0, _runs);
    }

    [Fact]
    public async Task After_a_day_a_key_is_new_and_its_answer_is_deleted()
    {
        await SendAsync("k1", "a");
        await SendAsync("k2", "a");
        await SendAsync("k3", "a");
        await _db.ExecuteAsync($"update kernel.idempotency set created_at = now() - interval '24 hours 1 minute' where key <> 'k3'", Ct);

        Assert.Equal("did b 4", await (await SendAsync("k1", "b")).Content.ReadAsStringAsync(Ct));
        await _app.Services.GetRequiredService<IdempotencyRecords>().SweepAsync(Ct);

        Assert.Equal(["k1", "k3"], await _db.QueryAsync($"select key from kernel.idempotency order by key", row => row.GetString(0), Ct));
    }

    [Fact]
    public async Task Kept_answers_are_sealed_and_survive_a_change_of_the_root()
    {
        await SendAsync("k1", "secret");
        Assert.DoesNotContain("secret", (await _db.ValueAsync<string>(
            $"select encode(body, 'escape') || idempotency::text from kernel.idempotency", Ct))!, StringComparison.Ordinal);

        var rotated = new Vault("fedcba9876543210fedcba9876543210", ["0123456789abcdef0123456789abcdef"]);
        var records = new IdempotencyRecords(_db, rotated, new());
        var end = Assert.Single(await new Resealer([records.AsSealedStore()]).RunAsync(_ => { }, Ct));
        Assert.Equal(new("kernel.idempotency", 1, 0, 0), end);
    }

    private WebApplication Build(IdempotencyPace pace)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(_db);
        builder.Services.AddSingleton(_vault);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddProblemDetails();
        builder.AddIdempotency();
        builder.Services.Replace(ServiceDescriptor.Singleton(pace));
        var app = builder.Build();
        app.UseExceptionHandler();
        app.UseRouting();
        app.Use((context, next) =>
        {
            var (user, tenant) = (context.Request.Headers["x-user"].ToString(), context.Request.Headers["x-tenant"].ToString());
            if (user.Length > 0) { context.SetActor(new(ActorKind.User, user) { TenantId = tenant }); }
            return next(context);
        });
        app.UseIdempotency();
        app.MapPost("/write", (Delegate)DoAsync).WithIdempotency();
        app.MapPost("/unmarked", (Delegate)DoAsync);
        return app;
    }

    private async Task<IResult> DoAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var what = await reader.ReadToEndAsync(Ct);
        var number = Interlocked.Increment(ref _runs);
        if (what == "slow") { await _gate.WaitAsync(Ct); }
        if (what == "throw") { throw new InvalidOperationException("broken"); }
        context.Response.Headers.Location = $"/things/{number.ToString(CultureInfo.InvariantCulture)}";
        return _answer == 204 ? TypedResults.NoContent() : TypedResults.Text($"did {what} {number}", "text/plain", Encoding.UTF8, _answer);
    }

    private async Task<HttpResponseMessage> SendAsync(
        string? key, string body, string path = "/write", string? user = "u1", string tenant = "t1", CancellationToken? ct = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body) };
        if (key is not null) { request.Headers.TryAddWithoutValidation("Idempotency-Key", key); }
        if (user is not null) { request.Headers.Add("x-user", user); }
        request.Headers.Add("x-tenant", tenant);
        return await _http.SendAsync(request, ct ?? Ct);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition()) { await Task.Delay(10, Ct); }
    }
}
