-- What Fleet told of its bots. A row stays when the bot goes, because its last days may be due.
create table billing.bot (
    id            uuid primary key,
    tenant_id     text not null,
    name          text not null,
    is_active     boolean not null,
    resource_tier text not null,
    storage_tier  text not null,
    first_at      timestamptz not null,
    -- The last day that has its row in bot_day.
    known_through date not null,
    deleted_at    timestamptz
);

create index bot_of_tenant on billing.bot (tenant_id) where deleted_at is null;
create index bot_by_day on billing.bot (known_through) where deleted_at is null;

-- The most a bot was on a day, at the prices of that day.
create table billing.bot_day (
    bot_id        uuid not null references billing.bot (id),
    day           date not null,
    tenant_id     text not null,
    -- Null when it was at rest all day.
    runtime_nanos bigint check (runtime_nanos > 0),
    storage_nanos bigint not null check (storage_nanos >= 0),
    -- Fewer than 24 on its first day.
    hours         int not null check (hours between 1 and 24),
    charged_at    timestamptz,
    missing_nanos bigint not null default 0,
    primary key (bot_id, day)
);

create index bot_day_due on billing.bot_day (tenant_id, day) where charged_at is null;

create table billing.standing (
    tenant_id     text primary key,
    state         text not null check (state in ('funded', 'warned', 'grace', 'suspended', 'expired')),
    since         timestamptz not null,
    grace_until   timestamptz,
    destroy_after timestamptz,
    -- Days before the deletion at which the last reminder went out.
    reminded      int,
    -- When to look again.
    next_at       timestamptz not null
);

create index standing_due on billing.standing (next_at);
