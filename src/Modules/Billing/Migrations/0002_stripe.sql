-- Named and shaped as the runbooks query it; times are milliseconds since 1970.
create table billing.tenant_customers (
    tenant                text primary key,
    processor_customer_id text not null constraint customer_of_one_tenant unique,
    processor             text not null default 'stripe',
    tier                  text not null default 'free',
    billing_hold          integer not null default 0,
    inference_mode        text not null default 'byok',
    created_at            bigint not null,
    updated_at            bigint not null
);

-- The inbox: a row here and the event's effect are one transaction.
create table billing.stripe_event (
    id             text primary key,
    type           text not null,
    object_id      text,
    created_at     timestamptz not null,
    received_at    timestamptz not null default now(),
    outcome        text not null constraint stripe_event_outcome check (outcome in ('applied', 'ignored', 'unprocessed')),
    tenant_id      text,
    credited_nanos bigint not null default 0,
    -- As it came: jsonb would refuse half a character that a customer typed.
    body           json not null
);
create index stripe_event_received on billing.stripe_event (received_at);

-- What could not be applied, until an operator decides.
create table billing.unprocessed_event (
    number      bigint generated always as identity unique,
    event_id    text primary key references billing.stripe_event on delete cascade,
    reason      text not null,
    tenant_id   text,
    cents       bigint,
    currency    text,
    state       text not null default 'open' constraint unprocessed_event_state check (state in ('open', 'applied', 'dismissed')),
    created_at  timestamptz not null default now(),
    closed_at   timestamptz,
    closed_note text
);
create index unprocessed_event_open on billing.unprocessed_event (number desc) where state = 'open';

-- A payment that was credited. The reference is that of the ledger: cs_…, in_… or pi_….
create table billing.payment (
    reference       text primary key,
    kind            text not null constraint payment_kind check (kind in ('purchase', 'subscription', 'top_up')),
    tenant_id       text not null,
    cents           bigint not null constraint payment_above_zero check (cents > 0),
    credited_nanos  bigint not null constraint payment_credits check (credited_nanos > 0),
    -- Of what was credited, how much refunds and disputes took back.
    taken_nanos     bigint not null default 0 constraint payment_taken check (taken_nanos between 0 and credited_nanos),
    payment_intent  text constraint payment_intent_once unique,
    charge          text,
    customer_id     text,
    created_at      timestamptz not null default now()
);
create index payment_charge on billing.payment (charge) where charge is not null;
create index payment_tenant on billing.payment (tenant_id, created_at desc);
create index payment_created on billing.payment (created_at);

-- A charge that was refunded or a dispute, also when its payment is not known yet.
create table billing.reversal (
    id             text primary key,
    kind           text not null constraint reversal_kind check (kind in ('refund', 'dispute')),
    state          text not null constraint reversal_state check (state in ('inquiry', 'open', 'won', 'lost')),
    cents          bigint not null constraint reversal_cents check (cents >= 0),
    payment_intent text,
    charge         text,
    invoice        text,
    payment        text references billing.payment,
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now()
);
create index reversal_intent on billing.reversal (payment_intent) where payment_intent is not null;
create index reversal_charge on billing.reversal (charge) where charge is not null;
create index reversal_invoice on billing.reversal (invoice) where invoice is not null;
create index reversal_payment on billing.reversal (payment) where payment is not null;

create table billing.subscription (
    id            text primary key,
    tenant_id     text not null,
    customer_id   text,
    status        text not null,
    price_id      text,
    period_end    timestamptz,
    ends_at_period_end boolean not null default false,
    event_at      timestamptz not null,
    updated_at    timestamptz not null default now()
);
create index subscription_tenant on billing.subscription (tenant_id);

-- Who sent wrong signatures, shared by the replicas.
create table billing.webhook_penalty (
    address       text primary key,
    failures      integer not null,
    blocked_until timestamptz not null
);
