-- Of what the tenant was told; news may come twice.
create table billing.news_told (
    reference text primary key,
    at        timestamptz not null default now()
);
