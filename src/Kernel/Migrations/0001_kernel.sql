create schema kernel;

create table kernel.outbox (
    id           uuid primary key,
    topic        text not null,
    body         jsonb not null,
    created_at   timestamptz not null default now(),
    -- When it may be taken; a claimed message is due again when its claim ends.
    due_at       timestamptz not null default now(),
    attempts     int not null default 0,
    handled      text[] not null default '{}',
    last_error   text,
    parked_at    timestamptz
);

create index outbox_due on kernel.outbox (due_at) where parked_at is null;

create table kernel.lease (
    name       text primary key,
    holder     text not null,
    expires_at timestamptz not null,
    -- When the job of this name is to run next, if it is a job's.
    due_at     timestamptz not null default now()
);

-- Fixed windows shared by all replicas; a replica adds what it saw in the last second.
create table kernel.rate_window (
    scope        text not null,
    key          text not null,
    starts_at    timestamptz not null,
    ends_at      timestamptz not null,
    count        bigint not null,
    primary key (scope, key, starts_at)
);

create index rate_window_end on kernel.rate_window (ends_at);
