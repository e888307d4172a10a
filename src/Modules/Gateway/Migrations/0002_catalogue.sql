create schema if not exists gateway;

-- Without a dialect, a row only changes what a provider from the settings does; null leaves it as the program has it.
create table gateway.provider (
    id               text primary key check (id ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    dialect          text check (dialect in ('openai', 'anthropic')),
    base_url         text check (length(base_url) <= 500),
    sealed           bytea,
    enabled          boolean not null default true,
    on_disconnect    text check (on_disconnect in ('drain', 'cancel')),
    connect_ms       int check (connect_ms between 100 and 600000),
    first_byte_ms    int check (first_byte_ms between 100 and 3600000),
    idle_ms          int check (idle_ms between 100 and 3600000),
    total_ms         int check (total_ms between 100 and 86400000),
    speaks_responses boolean not null default false,
    is_own           boolean not null default false,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    constraint a_provider_of_operators_has_an_address check ((dialect is null) = (base_url is null)),
    constraint settings_keep_their_own_keys check (dialect is not null or sealed is null)
);

create table gateway.model (
    id                text primary key check (id ~ '^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}$'),
    owned_by          text not null check (length(owned_by) between 1 and 100),
    capability        text not null check (capability in ('chat-completions', 'embeddings', 'text-completions')),
    context_tokens    bigint not null check (context_tokens between 1 and 1000000000),
    output_tokens_max bigint not null check (output_tokens_max between 0 and 1000000000),
    enabled           boolean not null default true,
    created_at        timestamptz not null default now()
);

create table gateway.alias (
    alias text primary key check (alias ~ '^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}$'),
    model text not null references gateway.model
);

create table gateway.offer (
    model          text not null references gateway.model,
    provider       text not null references gateway.provider on delete cascade,
    upstream_model text not null check (length(upstream_model) between 1 and 200),
    enabled        boolean not null default true,
    primary key (model, provider)
);

-- Nano-dollars for a million tokens. The newest row that has begun counts; its id decides between two of one time.
create table gateway.price (
    id                       bigint generated always as identity primary key,
    model                    text not null,
    provider                 text not null,
    effective_from           timestamptz not null default now(),
    input_per_million        bigint not null check (input_per_million between 0 and 1000000000000000),
    cached_input_per_million bigint not null check (cached_input_per_million between 0 and 1000000000000000),
    cache_write_per_million  bigint not null check (cache_write_per_million between 0 and 1000000000000000),
    output_per_million       bigint not null check (output_per_million between 0 and 1000000000000000),
    per_request              bigint not null default 0 check (per_request between 0 and 1000000000000),
    margin_basis_points      int not null check (margin_basis_points between 0 and 100000),
    created_at               timestamptz not null default now()
);

comment on table gateway.price is 'append-only: what models cost, and from when';

create index price_in_force on gateway.price (model, provider, effective_from desc, id desc);

create function gateway.tell_catalogue() returns trigger language plpgsql as $$
begin
    perform pg_notify('gateway_catalogue', '');
    return null;
end $$;

create trigger tell after insert or update or delete on gateway.provider
    for each statement execute function gateway.tell_catalogue();
create trigger tell after insert or update or delete on gateway.model
    for each statement execute function gateway.tell_catalogue();
create trigger tell after insert or update or delete on gateway.alias
    for each statement execute function gateway.tell_catalogue();
create trigger tell after insert or update or delete on gateway.offer
    for each statement execute function gateway.tell_catalogue();
create trigger tell after insert or update or delete on gateway.price
    for each statement execute function gateway.tell_catalogue();

insert into gateway.provider (id) values ('openrouter'), ('openai'), ('anthropic'), ('llama');

insert into gateway.model (id, owned_by, capability, context_tokens, output_tokens_max) values
    ('openai/gpt-4o', 'openai', 'chat-completions', 128000, 16384),
    ('openai/gpt-4o-mini', 'openai', 'chat-completions', 128000, 16384),
    ('anthropic/claude-sonnet-4.5', 'anthropic', 'chat-completions', 200000, 64000),
    ('anthropic/claude-haiku-4.5', 'anthropic', 'chat-completions', 200000, 64000),
    ('openai/text-embedding-3-small', 'openai', 'embeddings', 8191, 0),
    ('meta-llama/llama-3.1-8b-instruct', 'meta-llama', 'chat-completions', 16384, 8192);

insert into gateway.alias (alias, model) values
    ('auto', 'openai/gpt-4o-mini'),
    ('gpt-4o', 'openai/gpt-4o'),
    ('gpt-4o-mini', 'openai/gpt-4o-mini'),
    ('claude-sonnet-4.5', 'anthropic/claude-sonnet-4.5'),
    ('claude-sonnet-4-5', 'anthropic/claude-sonnet-4.5'),
    ('claude-haiku-4.5', 'anthropic/claude-haiku-4.5'),
    ('claude-haiku-4-5', 'anthropic/claude-haiku-4.5'),
    ('text-embedding-3-small', 'openai/text-embedding-3-small'),
    ('llama-3.1-8b-instruct', 'meta-llama/llama-3.1-8b-instruct');

insert into gateway.offer (model, provider, upstream_model) values
    ('openai/gpt-4o', 'openrouter', 'openai/gpt-4o'),
    ('openai/gpt-4o', 'openai', 'gpt-4o'),
    ('openai/gpt-4o-mini', 'openrouter', 'openai/gpt-4o-mini'),
    ('openai/gpt-4o-mini', 'openai', 'gpt-4o-mini'),
    ('anthropic/claude-sonnet-4.5', 'openrouter', 'anthropic/claude-sonnet-4.5'),
    ('anthropic/claude-sonnet-4.5', 'anthropic', 'claude-sonnet-4-5'),
    ('anthropic/claude-haiku-4.5', 'openrouter', 'anthropic/claude-haiku-4.5'),
    ('anthropic/claude-haiku-4.5', 'anthropic', 'claude-haiku-4-5'),
    ('openai/text-embedding-3-small', 'openrouter', 'openai/text-embedding-3-small'),
    ('openai/text-embedding-3-small', 'openai', 'text-embedding-3-small'),
    ('meta-llama/llama-3.1-8b-instruct', 'openrouter', 'meta-llama/llama-3.1-8b-instruct'),
    ('meta-llama/llama-3.1-8b-instruct', 'llama', 'meta-llama/llama-3.1-8b-instruct');

-- List prices; own servers cost what the same model costs elsewhere, so that their use earns.
insert into gateway.price (model, provider, effective_from, input_per_million, cached_input_per_million,
                           cache_write_per_million, output_per_million, margin_basis_points)
select offer.model, offer.provider, timestamptz '2026-01-01 00:00:00+00', list.input, list.cached, list.written, list.output, 3000
from gateway.offer
join (values
    ('openai/gpt-4o', 2500000000, 1250000000, 2500000000, 10000000000),
    ('openai/gpt-4o-mini', 150000000, 75000000, 150000000, 600000000),
    ('anthropic/claude-sonnet-4.5', 3000000000, 300000000, 3750000000, 15000000000),
    ('anthropic/claude-haiku-4.5', 1000000000, 100000000, 1250000000, 5000000000),
    ('openai/text-embedding-3-small', 20000000, 20000000, 20000000, 0),
    ('meta-llama/llama-3.1-8b-instruct', 20000000, 20000000, 20000000, 50000000)
) as list (model, input, cached, written, output) on list.model = offer.model;
