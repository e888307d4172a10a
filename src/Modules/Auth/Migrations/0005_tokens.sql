create table auth.api_token (
    id           uuid primary key,
    tenant_id    text not null references auth.tenant (id) on delete cascade,
    user_id      text not null references auth.user (id) on delete cascade,
    name         text not null,
    scope        text not null check (scope in ('read', 'write', 'admin')),
    token_hash   bytea not null unique,
    hint         text not null,
    created_at   timestamptz not null,
    expires_at   timestamptz,
    last_used_at timestamptz
);

create index api_token_of_tenant on auth.api_token (tenant_id, created_at desc);
