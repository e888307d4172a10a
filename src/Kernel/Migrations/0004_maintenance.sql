-- One row while the operators keep everybody else out.
create table kernel.maintenance (
    only_one   boolean primary key default true check (only_one),
    message    text not null,
    started_by text not null,
    started_at timestamptz not null default now()
);
