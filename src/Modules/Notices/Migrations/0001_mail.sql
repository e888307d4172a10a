create schema notices;

create table notices.mail (
    id           uuid primary key,
    recipient    text not null,
    template     text not null,
    -- What fills the template, links that sign somebody in among it; erased once the mail is sent or given up.
    content      jsonb,
    status       text not null default 'queued' check (status in ('queued', 'sent', 'failed')),
    attempts     int not null default 0,
    created_at   timestamptz not null default now(),
    sent_at      timestamptz,
    provider_id  text,
    last_error   text,
    check (status = 'queued' or content is null)
);

create index mail_recipient on notices.mail (lower(recipient));
