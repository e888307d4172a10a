create table auth.two_factor (
    user_id       text primary key references auth.user (id) on delete cascade,
    sealed_secret bytea not null,
    -- A code is good once: the newest time step that was accepted.
    last_step     bigint not null default 0,
    created_at    timestamptz not null
);

create table auth.backup_code (
    user_id   text not null references auth.user (id) on delete cascade,
    code_hash bytea not null,
    primary key (user_id, code_hash)
);
