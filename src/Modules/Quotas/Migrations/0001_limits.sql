create schema quotas;

-- What a plan allows. A null is no limit.
create table quotas.plan_limit (
    plan  text not null check (plan in ('free', 'starter', 'pro', 'enterprise')),
    quota text not null check (quota in ('instances', 'storage_gb', 'snapshots')),
    max   bigint check (max >= 0),
    primary key (plan, quota)
);

insert into quotas.plan_limit (plan, quota, max) values
    ('free', 'instances', null), ('free', 'storage_gb', null), ('free', 'snapshots', 1),
    ('starter', 'instances', null), ('starter', 'storage_gb', null), ('starter', 'snapshots', 5),
    ('pro', 'instances', null), ('pro', 'storage_gb', null), ('pro', 'snapshots', 20),
    ('enterprise', 'instances', null), ('enterprise', 'storage_gb', null), ('enterprise', 'snapshots', null);

-- The row that a check locks, so that a tenant's checks stand in line; made by the first one.
create table quotas.tenant (
    tenant_id  text primary key check (tenant_id ~ '^[A-Za-z0-9]{1,40}$'),
    plan       text not null default 'free' check (plan in ('free', 'starter', 'pro', 'enterprise')),
    updated_at timestamptz not null default now()
);

-- An operator's exception for one tenant; it goes before the plan.
create table quotas.tenant_limit (
    tenant_id text not null references quotas.tenant (tenant_id) on delete cascade,
    quota     text not null check (quota in ('instances', 'storage_gb', 'snapshots')),
    max       bigint check (max >= 0),
    primary key (tenant_id, quota)
);
