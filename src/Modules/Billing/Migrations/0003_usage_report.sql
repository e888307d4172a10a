-- Named as the runbooks query it: what a customer of Stripe's used on each UTC day, and whether Stripe was told.
create table billing.stripe_usage_reports (
    tenant_id     text not null,
    day           date not null,
    charged_nanos bigint not null constraint usage_report_charge check (charged_nanos > 0),
    status        text not null constraint usage_report_status check (status in ('pending', 'reported', 'not_reported', 'refused')),
    identifier    text not null constraint usage_report_once unique,
    reason        text,
    created_at    timestamptz not null default now(),
    reported_at   timestamptz,
    primary key (tenant_id, day)
);
create index usage_report_pending on billing.stripe_usage_reports (day) where status = 'pending';
