-- Who holds which link. A row whose beat is old is nobody's: its replica is gone.
create table fleet.link (
    -- bot:ID or node:ID.
    peer       text primary key,
    -- Where other replicas reach the one that holds it.
    replica    text not null,
    connection uuid not null,
    generation int not null,
    -- The release that the peer says it is.
    version    text,
    since      timestamptz not null,
    beat       timestamptz not null
) with (fillfactor = 50);

-- Until when a bot may act, by this clock. One row a bot: of two generations only one can hold it.
create table fleet.lease (
    bot_id     uuid primary key,
    generation int not null,
    until      timestamptz not null
) with (fillfactor = 50);

create table fleet.node (
    id           text primary key check (id ~ '^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$'),
    runtime      text not null check (runtime in ('process', 'docker')),
    version      text not null,
    processors   int not null,
    memory_bytes bigint not null,
    created_at   timestamptz not null,
    seen_at      timestamptz not null
) with (fillfactor = 50);

-- How much of each file of a bot is in the object store, from its start.
create table fleet.kept (
    bot_id     uuid not null,
    generation int not null,
    path       text not null,
    length     bigint not null check (length >= 0),
    kept_at    timestamptz not null,
    primary key (bot_id, generation, path)
);
