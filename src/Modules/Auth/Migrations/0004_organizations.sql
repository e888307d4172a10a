create table auth.invitation (
    id         uuid primary key,
    tenant_id  text not null references auth.tenant (id) on delete cascade,
    email      text not null,
    role       text not null check (role in ('viewer', 'member', 'admin')),
    token_hash bytea not null unique,
    invited_by text not null references auth.user (id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

create unique index invitation_to on auth.invitation (tenant_id, email);

-- Every organisation has exactly one owner.
create unique index member_owner on auth.member (tenant_id) where role = 'owner';
