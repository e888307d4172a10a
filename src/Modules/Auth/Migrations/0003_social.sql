create table auth.linked_account (
    provider   text not null check (provider in ('github', 'google')),
    account_id text not null,
    user_id    text not null references auth.user (id) on delete cascade,
    created_at timestamptz not null,
    primary key (provider, account_id)
);

create index linked_account_of_user on auth.linked_account (user_id);

-- A sign-in on its way through a provider.
create table auth.oauth_state (
    state_hash    bytea primary key,
    provider      text not null,
    code_verifier text not null,
    callback_url  text not null,
    error_url     text not null,
    link_user_id  text references auth.user (id) on delete cascade,
    expires_at    timestamptz not null
);
