create table billing.top_up (
    tenant_id             text primary key,
    usage_enabled         boolean not null default false,
    usage_threshold_cents int not null default 500,
    usage_topup_cents     int not null default 2000,
    schedule_enabled      boolean not null default false,
    schedule_interval     text check (schedule_interval in ('daily', 'weekly', 'monthly')),
    schedule_amount_cents int,
    schedule_next_at      timestamptz,
    -- The most that may be charged in a UTC month.
    monthly_cap_cents     int check (monthly_cap_cents > 0),
    -- In a row.
    failures              int not null default 0,
    retry_at              timestamptz,
    stopped_at            timestamptz
);

-- Written before the card is charged. Its id is the key by which Stripe charges once, however often it is asked.
create table billing.top_up_attempt (
    id             uuid primary key,
    tenant_id      text not null,
    reason         text not null check (reason in ('usage', 'schedule')),
    cents          int not null check (cents > 0),
    customer       text not null,
    payment_method text not null,
    status         text not null default 'started' check (status in ('started', 'succeeded', 'failed')),
    payment_intent text unique,
    decline        text,
    created_at     timestamptz not null,
    settled_at     timestamptz
);

create unique index top_up_attempt_one_at_a_time on billing.top_up_attempt (tenant_id) where status = 'started';
create index top_up_attempt_of_tenant on billing.top_up_attempt (tenant_id, created_at);
