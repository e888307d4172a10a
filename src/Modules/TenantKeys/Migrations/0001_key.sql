create schema tenant_keys;

create table tenant_keys.key (
    id         uuid not null unique,
    tenant_id  text not null check (tenant_id ~ '^[A-Za-z0-9]{1,40}$'),
    provider   text not null
               check (provider in ('anthropic', 'openai', 'google', 'discord', 'elevenlabs', 'deepgram')),
    label      text not null,
    -- The last characters, by which its owner knows it again.
    hint       text not null,
    sealed     bytea not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, provider)
);
