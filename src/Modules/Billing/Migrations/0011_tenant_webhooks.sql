create table billing.webhook_endpoint (
    id              uuid primary key,
    tenant_id       text not null,
    url             text not null,
    events          text[] not null check (cardinality(events) > 0),
    sealed          bytea not null,
    -- Signs beside the new secret for a while, so that a rotation loses nothing.
    previous_sealed bytea,
    previous_until  timestamptz,
    created_at      timestamptz not null,
    failures        int not null default 0,
    failing_since   timestamptz,
    -- Nothing is sent before; what fails does not hold up others.
    retry_at        timestamptz,
    -- Until then one process is sending to it.
    claimed_until   timestamptz,
    disabled_at     timestamptz
);

create index webhook_endpoint_of_tenant on billing.webhook_endpoint (tenant_id, id);

create table billing.webhook_delivery (
    id          uuid primary key,
    tenant_id   text not null,
    endpoint_id uuid not null references billing.webhook_endpoint (id) on delete cascade,
    event_id    uuid not null,
    type        text not null,
    body        text not null,
    status      text not null default 'queued' check (status in ('queued', 'delivered', 'failed')),
    created_at  timestamptz not null,
    next_at     timestamptz not null,
    attempts    int not null default 0,
    tried_at    timestamptz,
    http_status int,
    duration_ms int,
    answer      text,
    error       text
);

create index webhook_delivery_due on billing.webhook_delivery (next_at) where status = 'queued';
create index webhook_delivery_of_endpoint on billing.webhook_delivery (endpoint_id, id);
create index webhook_delivery_by_age on billing.webhook_delivery (created_at) where status <> 'queued';
