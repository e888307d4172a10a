create schema credits;

create table credits.account (
    tenant_id     text primary key,
    balance_nanos bigint not null default 0 constraint balance_never_negative check (balance_nanos >= 0)
);
