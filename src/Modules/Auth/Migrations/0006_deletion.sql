-- Accounts whose owners asked for deletion; erased when the time has come unless cancelled.
create table auth.deletion (
    id           uuid primary key,
    user_id      text not null unique references auth.user (id) on delete cascade,
    requested_at timestamptz not null,
    erase_after  timestamptz not null
);

create index deletion_due on auth.deletion (erase_after);
