-- Circuits that are not closed, as all replicas see them. Open ones stay until a probe succeeds, limited ones until
-- the time the provider named. Not logged: after a crash every circuit is closed, and opens again if it must.
create unlogged table gateway.breaker (
    provider       text not null,
    upstream_model text not null,
    kind           text not null check (kind in ('open', 'limited')),
    trips          int not null default 1,
    since          timestamptz not null default now(),
    retry_at       timestamptz not null,
    probe          uuid,
    probe_until    timestamptz,
    primary key (provider, upstream_model),
    constraint a_probe_has_its_time check ((probe is null) = (probe_until is null))
);

create function gateway.tell_breaker() returns trigger language plpgsql as $$
begin
    perform pg_notify('gateway_breaker', '');
    return null;
end $$;

create trigger tell after insert or update or delete on gateway.breaker
    for each row execute function gateway.tell_breaker();
