-- What a tenant has is what is free here, plus what replicas have set aside in allowances.
alter table credits.account rename column balance_nanos to free_nanos;
alter table credits.account rename constraint balance_never_negative to free_never_negative;
alter table credits.account
    add owed_nanos bigint not null default 0 constraint owed_never_negative check (owed_nanos >= 0),
    add frozen_at timestamptz;
alter table credits.account set (fillfactor = 70);

-- One entry moves one amount from one account to another, so that the books balance by construction.
-- "tenant" is the account of the entry's tenant; all others are the platform's.
create table credits.entry (
    id            bigint generated always as identity,
    tenant_id     text not null,
    reference     text not null constraint entry_once unique,
    kind          text not null,
    from_account  text not null,
    to_account    text not null check (to_account <> from_account),
    nanos         bigint not null check (nanos >= 0),
    -- What could not be taken when it was asked for; kept so that a replay tells the first outcome.
    missing_nanos bigint not null default 0 check (missing_nanos >= 0),
    description   text,
    source        text,
    at            timestamptz not null default now(),
    primary key (tenant_id, id)
);

comment on table credits.entry is 'append-only: every movement of money';

-- The days of bots, for the daily burn; usage has its own sums.
create index entry_of_day on credits.entry (tenant_id, at) where kind in ('runtime', 'storage');

-- Each entry as its two sides.
create view credits.posting as
select e.id as entry_id, e.tenant_id, side.account, side.nanos, e.at
from credits.entry e
cross join lateral (values (e.from_account, -e.nanos), (e.to_account, e.nanos)) side (account, nanos);

-- What tenants and runbooks see: what moved on the tenant's own balance.
create view credits.credit_transactions as
select id, tenant_id, signed as amount_credits,
       sum(signed) over (partition by tenant_id order by id)::bigint as balance_after_credits,
       kind as type, description, reference as reference_id, source as funding_source, at as created_at
from (select *, case when to_account = 'tenant' then nanos else -nanos end as signed
      from credits.entry
      where 'tenant' in (from_account, to_account) and nanos > 0) moved;

-- Gifts that end. What is left of one is found when it ends, never at a charge.
create table credits.expiring_grant (
    reference   text primary key,
    tenant_id   text not null,
    entry_id    bigint not null,
    nanos       bigint not null check (nanos > 0),
    expires_at  timestamptz not null,
    expired_at  timestamptz,
    last_entry_id bigint
);

create index expiring_grant_due on credits.expiring_grant (expires_at) where expired_at is null;
create index expiring_grant_of_tenant on credits.expiring_grant (tenant_id);

-- A process that meters. It proves that it lives with every batch; one that stays silent is ended by another, and can
-- from then on write nothing.
create table credits.writer (
    id       uuid primary key,
    -- The last one that was committed; each is higher than the one before, and not far from the time in milliseconds.
    batch    bigint not null default 0,
    beat_at  timestamptz not null default clock_timestamp(),
    ended_at timestamptz
) with (fillfactor = 50);

-- Money that a writer has set aside for one tenant. A purse is named after a capability when limits ride on it.
create table credits.allowance (
    tenant_id       text not null,
    writer_id       uuid not null references credits.writer (id),
    purse           text not null default '',
    remaining_nanos bigint not null constraint allowance_never_negative check (remaining_nanos >= 0),
    -- The UTC day it was taken on, to whose limits it counts.
    day             date not null,
    primary key (tenant_id, writer_id, purse, day)
) with (fillfactor = 50);

-- Requests that run: durable before their first byte leaves, gone when they are settled.
create table credits.start (
    request_id       uuid primary key,
    writer_id        uuid not null,
    tenant_id        text not null,
    purse            text not null,
    hold_nanos       bigint not null check (hold_nanos >= 0),
    bot_id           uuid,
    capability       text not null,
    provider         text not null,
    model            text not null,
    -- What it had cost when last looked at.
    price_nanos      bigint,
    wholesale_nanos  bigint,
    input_units      bigint,
    output_units     bigint
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000);

-- One row a metered request, by the UTC day its id was made on.
create table credits.usage (
    tenant_id       text not null,
    request_id      uuid not null,
    day             date not null,
    bot_id          uuid,
    capability      text not null,
    provider        text not null,
    model           text not null,
    input_units     bigint not null,
    output_units    bigint not null,
    wholesale_nanos bigint not null check (wholesale_nanos >= 0),
    price_nanos     bigint not null check (price_nanos >= 0),
    -- Less than the price when the balance did not reach.
    charged_nanos   bigint not null check (charged_nanos between 0 and price_nanos),
    estimated       boolean not null,
    -- The entry with the reference "usage:<writer>:<batch>:<tenant>" charges it.
    writer_id       uuid not null,
    batch           bigint not null,
    settled_at      timestamptz not null default now(),
    primary key (tenant_id, request_id, day)
) partition by range (day);

comment on table credits.usage is 'append-only: what was used, and what it cost';

create index usage_by_batch on credits.usage using brin (batch) with (pages_per_range = 32);

create table credits.usage_other_days partition of credits.usage default;

comment on table credits.usage_other_days is 'append-only: days that nobody prepared';

-- The application may not make or drop tables, so these two do it for it.
create function credits.make_usage_days(first date, last date) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
    one date := first;
begin
    while one <= last and last < first + 100 loop
        execute format('create table if not exists credits.usage_%s partition of credits.usage for values from (%L) to (%L)',
                       to_char(one, 'YYYYMMDD'), one, one + 1);
        execute format('comment on table credits.usage_%s is ''append-only''', to_char(one, 'YYYYMMDD'));
        one := one + 1;
    end loop;
end $$;

-- Only what is older than sixty days; the sums stay.
create function credits.drop_usage_days(before date) returns int
language plpgsql security definer set search_path = pg_catalog as $$
declare
    old text;
    dropped int := 0;
begin
    for old in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'credits.usage'::regclass and c.relname ~ '^usage_\d{8}$'
          and to_date(right(c.relname, 8), 'YYYYMMDD') < least(before, current_date - 60)
    loop
        execute format('drop table credits.%I', old);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;

select credits.make_usage_days(current_date - 1, current_date + 14);

-- Sums of usage, kept up by one job that takes each row once: a writer's batches commit one after the other, so those up
-- to its last one are complete.
create table credits.usage_summed (
    writer_id uuid primary key,
    batch     bigint not null
);

create table credits.usage_hour (
    tenant_id       text not null,
    hour            timestamptz not null,
    capability      text not null,
    provider        text not null,
    model           text not null,
    bot_id          uuid,
    requests        bigint not null,
    estimated       bigint not null,
    input_units     bigint not null,
    output_units    bigint not null,
    wholesale_nanos bigint not null,
    price_nanos     bigint not null,
    charged_nanos   bigint not null,
    constraint usage_hour_once unique nulls not distinct (tenant_id, hour, capability, provider, model, bot_id)
);

create table credits.usage_day (
    tenant_id       text not null,
    day             date not null,
    capability      text not null,
    provider        text not null,
    model           text not null,
    bot_id          uuid,
    requests        bigint not null,
    estimated       bigint not null,
    input_units     bigint not null,
    output_units    bigint not null,
    wholesale_nanos bigint not null,
    price_nanos     bigint not null,
    charged_nanos   bigint not null,
    constraint usage_day_once unique nulls not distinct (tenant_id, day, capability, provider, model, bot_id)
);

-- The most a tenant lets be spent in a UTC day or month; '' is for all capabilities together. Used is what was charged
-- and what is set aside.
create table credits.cap (
    tenant_id   text not null,
    capability  text not null default '',
    period      text not null check (period in ('day', 'month')),
    limit_nanos bigint not null check (limit_nanos >= 0),
    used_nanos  bigint not null check (used_nanos >= 0),
    since       date not null,
    primary key (tenant_id, capability, period)
);
