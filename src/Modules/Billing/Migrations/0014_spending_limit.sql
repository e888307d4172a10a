-- What a tenant set; the ledger holds the caps. Spending is what metered requests cost.
create table billing.spending_limit (
    tenant_id   text not null,
    -- '' for all capabilities together.
    capability  text not null,
    period      text not null check (period in ('day', 'month')),
    alert_nanos bigint check (alert_nanos >= 0),
    cap_nanos   bigint check (cap_nanos >= 0),
    -- The first day of the period in which the marks below were told.
    told_since  date,
    told        int not null default 0,
    primary key (tenant_id, capability, period)
);
