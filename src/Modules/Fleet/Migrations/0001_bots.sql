create schema fleet;

-- What is counted per tenant. The row is locked when one is taken, so numbers go out in the order of commits.
create table fleet.tenant (
    tenant_id text primary key check (tenant_id ~ '^[A-Za-z0-9]{1,40}$'),
    -- The last bot's number; never given twice, because names of data and backups come from it.
    ordinal   int not null default 0,
    -- The last event's number.
    event     bigint not null default 0
) with (fillfactor = 50);

-- One row per bot, for ever: when it is erased, what its owner wrote goes and the name stays taken.
create table fleet.bot (
    id                uuid primary key,
    tenant_id         text not null check (tenant_id ~ '^[A-Za-z0-9]{1,40}$'),
    ordinal           int not null check (ordinal > 0),
    name              text not null check (name ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$'),
    description       text not null default '',
    image             text not null,
    -- Sealed, because people put tokens there: names and values as JSON.
    env               bytea not null,
    restart_policy    text not null check (restart_policy in ('no', 'always', 'on-failure', 'unless-stopped')),
    update_policy     text not null,
    release_channel   text not null check (release_channel in ('canary', 'staging', 'stable', 'pinned')),
    discovery         jsonb,
    -- Null for what the platform uses by default.
    model             text,
    time_zone         text not null default 'UTC',
    avatar            text not null default '',
    resource_tier     text not null,
    storage_tier      text not null,
    created_by        text,

    -- What is wanted.
    wish              text not null check (wish in ('run', 'stop', 'erase')),
    billing_state     text not null default 'active' check (billing_state in ('active', 'suspended', 'destroyed')),
    suspended_at      timestamptz,
    destroy_after     timestamptz,
    -- Raised with every start that somebody asked for: the agent starts its process anew.
    starts            int not null default 0,
    -- Raised whenever its place or its data changes hands; 0 until it has a place.
    generation        int not null default 0,
    node_id           text,
    -- Raised with every change that the agent must hear of.
    version           bigint not null default 1,
    gateway_key_id    text,
    gateway_key       bytea,

    -- What was seen.
    state             text not null check (state in ('provisioning', 'running', 'unhealthy', 'sleeping', 'stopped', 'suspended',
                                                     'updating', 'recovering', 'failed', 'unknown', 'deleted')),
    state_at          timestamptz not null,
    fault             text,
    -- Starts that the reconciler asked for since it last ran well.
    recoveries        int not null default 0,

    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    deleted_at        timestamptz,
    erase_after       timestamptz,
    erased_at         timestamptz,
    constraint bot_ordinal_once unique (tenant_id, ordinal),
    constraint bot_place check ((node_id is null) or generation > 0),
    constraint bot_deleted check ((deleted_at is null) = (state <> 'deleted'))
) with (fillfactor = 70);

create index bot_of_tenant on fleet.bot (tenant_id, ordinal) where deleted_at is null;
create index bot_of_node on fleet.bot (node_id) where erased_at is null;
create index bot_to_look_at on fleet.bot (id) where erased_at is null;

-- What a bot's node last said of it.
create table fleet.bot_seen (
    bot_id      uuid primary key references fleet.bot (id),
    generation  int not null,
    version     bigint not null,
    process     text not null check (process in ('absent', 'starting', 'up', 'exited', 'failed')),
    started_at  timestamptz,
    restarts    int not null,
    exit        int,
    fault       text,
    cpu_percent double precision not null,
    memory_bytes bigint not null,
    data_bytes  bigint not null,
    has_data    boolean not null,
    -- Since when its process is up, by our clock.
    up_at       timestamptz,
    seen_at     timestamptz not null
) with (fillfactor = 50);

create table fleet.event (
    tenant_id text not null,
    -- Counts up within a tenant in the order of commits, so that whoever read to one misses none after it.
    number    bigint not null,
    bot_id    uuid not null,
    at        timestamptz not null,
    kind      text not null,
    state     text,
    message   text not null,
    actor     text not null,
    primary key (tenant_id, number)
);

create index event_of_bot on fleet.event (bot_id, number desc);
create index event_age on fleet.event (at);

-- What was said to bots and is not over, and for a while what is.
create table fleet.turn (
    id            uuid primary key,
    bot_id        uuid not null references fleet.bot (id),
    tenant_id     text not null,
    session       text not null,
    -- The sender's own number for it: said twice, it is one.
    client_id     text not null,
    message       text not null,
    sender        text,
    replaces      uuid,
    state         text not null check (state in ('waiting', 'running', 'answered', 'failed', 'cancelled')),
    problem       text,
    can_retry     boolean not null default false,
    model         text,
    input_tokens  bigint not null default 0,
    output_tokens bigint not null default 0,
    milliseconds  bigint not null default 0,
    cancel_at     timestamptz,
    created_at    timestamptz not null,
    taken_at      timestamptz,
    ended_at      timestamptz,
    constraint turn_once unique (bot_id, session, client_id)
) with (fillfactor = 70);

-- Over for its sender is not over for the bot: a cancelled one ends when the bot knows.
create index turn_open on fleet.turn (bot_id, created_at) where ended_at is null;
create index turn_of_bot on fleet.turn (bot_id, created_at);
create index turn_age on fleet.turn (ended_at) where ended_at is not null;
