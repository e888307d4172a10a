create schema gateway;

create table gateway.key (
    id                   uuid primary key,
    tenant_id            text not null check (tenant_id ~ '^[A-Za-z0-9]{1,40}$'),
    bot_id               uuid,
    name                 text not null check (char_length(name) between 1 and 100),
    hash                 bytea not null constraint key_secret_once unique,
    hint                 text not null,
    -- Empty when all are allowed.
    models               text[] not null,
    requests_per_minute  int check (requests_per_minute > 0),
    tokens_per_minute    bigint check (tokens_per_minute > 0),
    daily_budget_nanos   bigint check (daily_budget_nanos >= 0),
    monthly_budget_nanos bigint check (monthly_budget_nanos >= 0),
    -- Made by the platform for a bot; those do not count to what people may make.
    is_issued            boolean not null,
    created_at           timestamptz not null,
    expires_at           timestamptz,
    revoked_at           timestamptz
);

create index key_of_tenant on gateway.key (tenant_id, created_at desc) where revoked_at is null;
create index key_revoked on gateway.key (revoked_at) where revoked_at is not null;

-- What keys did in windows of time, told by all replicas: requests and tokens of a minute, nano-dollars of a day and a month.
create table gateway.key_count (
    key_id    uuid not null,
    what      text not null check (what in ('requests', 'tokens', 'day', 'month')),
    starts_at timestamptz not null,
    count     bigint not null check (count >= 0),
    primary key (key_id, what, starts_at)
) with (fillfactor = 70);

create index key_count_age on gateway.key_count (starts_at);

-- A process that tells. Its batches are numbered, so that one whose commit was not heard of is not counted twice.
create table gateway.key_teller (
    id      uuid primary key,
    batch   bigint not null,
    beat_at timestamptz not null
) with (fillfactor = 50);

-- What a process has set aside for requests that run; it counts while the process shows that it lives.
create table gateway.key_hold (
    key_id    uuid not null,
    teller_id uuid not null references gateway.key_teller (id) on delete cascade,
    tokens    bigint not null check (tokens >= 0),
    nanos     bigint not null check (nanos >= 0),
    primary key (key_id, teller_id)
) with (fillfactor = 70);

create index key_hold_of_teller on gateway.key_hold (teller_id);
