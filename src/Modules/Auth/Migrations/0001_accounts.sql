create schema auth;

create table auth.user (
    id                 text primary key check (id ~ '^[A-Za-z0-9]{1,40}$'),
    name               text not null,
    email              text not null,
    email_verified     boolean not null default false,
    image              text,
    platform_role      text not null default 'user' check (platform_role in ('user', 'platform_admin')),
    two_factor_enabled boolean not null default false,
    created_at         timestamptz not null,
    updated_at         timestamptz not null
);

create unique index user_email on auth.user (lower(email));

create table auth.credential (
    user_id       text primary key references auth.user (id) on delete cascade,
    password_hash text not null,
    updated_at    timestamptz not null
);

-- A person's own tenant has the person's id.
create table auth.tenant (
    id         text primary key check (id ~ '^[A-Za-z0-9]{1,40}$'),
    name       text not null,
    slug       text check (slug ~ '^[a-z0-9][a-z0-9-]{1,46}[a-z0-9]$'),
    kind       text not null check (kind in ('personal', 'organization')),
    status     text not null default 'active' check (status in ('active', 'suspended', 'erased')),
    created_at timestamptz not null
);

create unique index tenant_slug on auth.tenant (slug);

create table auth.member (
    tenant_id text not null references auth.tenant (id) on delete cascade,
    user_id   text not null references auth.user (id) on delete cascade,
    role      text not null check (role in ('viewer', 'member', 'admin', 'owner')),
    joined_at timestamptz not null,
    primary key (tenant_id, user_id)
);

create index member_of_user on auth.member (user_id);

create table auth.session (
    id          uuid primary key,
    token_hash  bytea not null unique,
    user_id     text not null references auth.user (id) on delete cascade,
    expires_at  timestamptz not null,
    short_lived boolean not null,
    -- Set when an operator looks through the person's eyes; such a session only reads.
    operator_id text references auth.user (id) on delete cascade,
    ip_address  text,
    user_agent  text,
    created_at  timestamptz not null,
    updated_at  timestamptz not null
);

create index session_of_user on auth.session (user_id);

-- Secrets that stand for a person for one purpose and a short time: mailed links, the second step of signing in,
-- devices that may skip it.
create table auth.verification (
    token_hash bytea primary key,
    purpose    text not null check (purpose in
        ('reset_password', 'verify_email', 'change_email', 'second_step', 'trusted_device')),
    user_id    text not null references auth.user (id) on delete cascade,
    -- For a change of address the new one; else the address the link went to.
    email      text not null,
    expires_at timestamptz not null
);

create index verification_of_user on auth.verification (user_id);

create table auth.login (
    id         uuid primary key,
    user_id    text references auth.user (id) on delete cascade,
    outcome    text not null check (outcome in ('signed_in', 'wrong_password', 'unknown_user', 'wrong_code', 'throttled')),
    ip_address text,
    user_agent text,
    at         timestamptz not null
);

comment on table auth.login is 'append-only: who signed in or tried to';

create index login_of_user on auth.login (user_id, at desc);
