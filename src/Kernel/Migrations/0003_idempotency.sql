-- Answers of writes that must not happen twice, by the key the caller chose. Kept for a day.
create table kernel.idempotency (
    -- The caller and the tenant acted for.
    scope        text not null,
    key          text not null,
    route        text not null,
    request_hash bytea not null,
    -- Which run is at it, and until when it is believed to live. A run that goes on renews this.
    holder       uuid not null,
    held_until   timestamptz not null,
    -- Null while it runs.
    status       int,
    content_type text,
    location     text,
    -- Sealed: an answer may hold what is shown once.
    body         bytea,
    created_at   timestamptz not null default now(),
    primary key (scope, key)
);

create index idempotency_age on kernel.idempotency (created_at);
