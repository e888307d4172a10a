-- Which secrets sign sessions here, as salted fingerprints that tell a secret apart and nothing else about it.
create table kernel.session_secret (
    salt       bytea primary key,
    hash       bytea not null,
    created_at timestamptz not null default now()
);
