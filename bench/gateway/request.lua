-- One chat request again and again. Everything it needs comes from the environment.
wrk.method = "POST"
wrk.body = os.getenv("WRK_BODY")
for line in os.getenv("WRK_HEADERS"):gmatch("[^\n]+") do
    local name, value = line:match("^([^:]+): (.*)$")
    wrk.headers[name] = value
end

done = function(summary, latency)
    local errors = summary.errors
    local bad = errors.status + errors.connect + errors.read + errors.write + errors.timeout
    io.write(string.format("RESULT rate=%.0f p50=%.3f p99=%.3f bad=%d answers=%d\n", summary.requests / summary.duration * 1e6,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, bad, summary.requests - errors.status))
end
