create schema audit;

-- Ids come from a sequence that caches nothing and times from the database's own clock, so both grow together
-- whichever replica writes. The sealing job relies on it.
create table audit.event (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default clock_timestamp(),
    actor_kind text not null check (actor_kind in ('anonymous', 'user', 'token', 'bot', 'node', 'system')),
    actor_id   text not null,
    user_id    text,
    tenant_id  text,
    action     text not null,
    target     text not null,
    -- json and not jsonb: the text is kept as it was written, so its hash can be made again.
    details    json,
    ip_address text
);

comment on table audit.event is 'append-only: who did what';

create index event_of_tenant on audit.event (tenant_id, id desc);
create index event_of_actor on audit.event (actor_id, id desc);
create index event_of_action on audit.event (action, id desc);
create index event_at on audit.event (at);

-- One link of the chain: the events of one hour, by id and hash.
create table audit.seal (
    number        bigint primary key check (number > 0),
    hour          timestamptz not null unique,
    first_id      bigint not null,
    last_id       bigint not null,
    count         bigint not null,
    -- 40 bytes an event: its id and the SHA-256 of its canonical form.
    leaves        bytea not null,
    events_hash   bytea not null,
    previous_hash bytea not null,
    chain_hash    bytea not null,
    sealed_at     timestamptz not null default clock_timestamp()
);

comment on table audit.seal is 'append-only: the hash chain over the events';
