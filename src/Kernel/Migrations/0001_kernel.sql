create schema kernel;

create table kernel.outbox (
    id           bigint generated always as identity primary key,
    topic        text not null,
    body         jsonb not null,
    created_at   timestamptz not null default now(),
    due_at       timestamptz not null default now(),
    attempts     int not null default 0,
    last_error   text
);

create index outbox_due on kernel.outbox (due_at);

create table kernel.lease (
    name       text primary key,
    holder     text not null,
    expires_at timestamptz not null
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
