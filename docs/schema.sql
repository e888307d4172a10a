-- Every schema after all migrations. Made by a test: see CONTRIBUTING.md.

CREATE SCHEMA audit;

CREATE SCHEMA auth;

CREATE SCHEMA billing;

CREATE SCHEMA credits;

CREATE SCHEMA fleet;

CREATE SCHEMA gateway;

CREATE SCHEMA kernel;

CREATE SCHEMA notices;

CREATE SCHEMA quotas;

CREATE SCHEMA tenant_keys;

CREATE FUNCTION credits.drop_usage_days(before date) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $_$
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
end $_$;

CREATE FUNCTION credits.make_usage_days(first date, last date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
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

CREATE FUNCTION fleet.tell_lease() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_notify('fleet_bot', new.bot_id::text);
    return null;
end $$;

CREATE FUNCTION gateway.tell_breaker() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_notify('gateway_breaker', '');
    return null;
end $$;

CREATE FUNCTION gateway.tell_catalogue() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_notify('gateway_catalogue', '');
    return null;
end $$;

CREATE TABLE audit.event (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    user_id text,
    tenant_id text,
    action text NOT NULL,
    target text NOT NULL,
    details json,
    ip_address text,
    CONSTRAINT event_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['anonymous'::text, 'user'::text, 'token'::text, 'bot'::text, 'node'::text, 'system'::text])))
);

COMMENT ON TABLE audit.event IS 'append-only: who did what';

ALTER TABLE audit.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE audit.seal (
    number bigint NOT NULL,
    hour timestamp with time zone NOT NULL,
    first_id bigint NOT NULL,
    last_id bigint NOT NULL,
    count bigint NOT NULL,
    leaves bytea NOT NULL,
    events_hash bytea NOT NULL,
    previous_hash bytea NOT NULL,
    chain_hash bytea NOT NULL,
    sealed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT seal_number_check CHECK ((number > 0)),
    CONSTRAINT seal_range CHECK (((last_id >= first_id) AND (count > 0)))
);

COMMENT ON TABLE audit.seal IS 'append-only: the hash chain over the events';

CREATE TABLE auth.api_token (
    id uuid NOT NULL,
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    scope text NOT NULL,
    token_hash bytea NOT NULL,
    hint text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT api_token_scope_check CHECK ((scope = ANY (ARRAY['read'::text, 'write'::text, 'admin'::text])))
);

CREATE TABLE auth.backup_code (
    user_id text NOT NULL,
    code_hash bytea NOT NULL
);

CREATE TABLE auth.credential (
    user_id text NOT NULL,
    password_hash text NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE auth.deletion (
    id uuid NOT NULL,
    user_id text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    erase_after timestamp with time zone NOT NULL
);

CREATE TABLE auth.invitation (
    id uuid NOT NULL,
    tenant_id text NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    token_hash bytea NOT NULL,
    invited_by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT invitation_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text])))
);

CREATE TABLE auth.linked_account (
    provider text NOT NULL,
    account_id text NOT NULL,
    user_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT linked_account_provider_check CHECK ((provider = ANY (ARRAY['github'::text, 'google'::text])))
);

CREATE TABLE auth.login (
    id uuid NOT NULL,
    user_id text,
    outcome text NOT NULL,
    ip_address text,
    user_agent text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT login_outcome_check CHECK ((outcome = ANY (ARRAY['signed_in'::text, 'wrong_password'::text, 'unknown_user'::text, 'wrong_code'::text, 'throttled'::text])))
);

COMMENT ON TABLE auth.login IS 'append-only: who signed in or tried to';

CREATE TABLE auth.member (
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    CONSTRAINT member_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text, 'owner'::text])))
);

CREATE TABLE auth.oauth_state (
    state_hash bytea NOT NULL,
    provider text NOT NULL,
    code_verifier text NOT NULL,
    callback_url text NOT NULL,
    error_url text NOT NULL,
    link_user_id text,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE auth.session (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    user_id text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    short_lived boolean NOT NULL,
    operator_id text,
    ip_address text,
    user_agent text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE auth.tenant (
    id text NOT NULL,
    name text NOT NULL,
    slug text,
    kind text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT tenant_id_check CHECK ((id ~ '^[A-Za-z0-9]{1,40}$'::text)),
    CONSTRAINT tenant_kind_check CHECK ((kind = ANY (ARRAY['personal'::text, 'organization'::text]))),
    CONSTRAINT tenant_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{1,46}[a-z0-9]$'::text)),
    CONSTRAINT tenant_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'erased'::text])))
);

CREATE TABLE auth.two_factor (
    user_id text NOT NULL,
    sealed_secret bytea NOT NULL,
    last_step bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE auth."user" (
    id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    email_verified boolean DEFAULT false NOT NULL,
    image text,
    platform_role text DEFAULT 'user'::text NOT NULL,
    two_factor_enabled boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT user_id_check CHECK ((id ~ '^[A-Za-z0-9]{1,40}$'::text)),
    CONSTRAINT user_platform_role_check CHECK ((platform_role = ANY (ARRAY['user'::text, 'platform_admin'::text])))
);

CREATE TABLE auth.verification (
    token_hash bytea NOT NULL,
    purpose text NOT NULL,
    user_id text NOT NULL,
    email text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT verification_purpose_check CHECK ((purpose = ANY (ARRAY['reset_password'::text, 'verify_email'::text, 'change_email'::text, 'second_step'::text, 'trusted_device'::text])))
);

CREATE TABLE billing.bot (
    id uuid NOT NULL,
    tenant_id text NOT NULL,
    name text NOT NULL,
    is_active boolean NOT NULL,
    resource_tier text NOT NULL,
    storage_tier text NOT NULL,
    first_at timestamp with time zone NOT NULL,
    known_through date NOT NULL,
    deleted_at timestamp with time zone
);

CREATE TABLE billing.bot_day (
    bot_id uuid NOT NULL,
    day date NOT NULL,
    tenant_id text NOT NULL,
    runtime_nanos bigint,
    storage_nanos bigint NOT NULL,
    hours integer NOT NULL,
    charged_at timestamp with time zone,
    missing_nanos bigint DEFAULT 0 NOT NULL,
    CONSTRAINT bot_day_hours_check CHECK (((hours >= 1) AND (hours <= 24))),
    CONSTRAINT bot_day_runtime_nanos_check CHECK ((runtime_nanos > 0)),
    CONSTRAINT bot_day_storage_nanos_check CHECK ((storage_nanos >= 0))
);

CREATE TABLE billing.news_told (
    reference text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE billing.payment (
    reference text NOT NULL,
    kind text NOT NULL,
    tenant_id text NOT NULL,
    cents bigint NOT NULL,
    credited_nanos bigint NOT NULL,
    taken_nanos bigint DEFAULT 0 NOT NULL,
    payment_intent text,
    charge text,
    customer_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT payment_above_zero CHECK ((cents > 0)),
    CONSTRAINT payment_credits CHECK ((credited_nanos > 0)),
    CONSTRAINT payment_kind CHECK ((kind = ANY (ARRAY['purchase'::text, 'subscription'::text, 'top_up'::text]))),
    CONSTRAINT payment_taken CHECK (((taken_nanos >= 0) AND (taken_nanos <= credited_nanos)))
);

CREATE TABLE billing.reversal (
    id text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    cents bigint NOT NULL,
    payment_intent text,
    charge text,
    invoice text,
    payment text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT reversal_cents CHECK ((cents >= 0)),
    CONSTRAINT reversal_kind CHECK ((kind = ANY (ARRAY['refund'::text, 'dispute'::text]))),
    CONSTRAINT reversal_state CHECK ((state = ANY (ARRAY['inquiry'::text, 'open'::text, 'won'::text, 'lost'::text])))
);

CREATE TABLE billing.spending_limit (
    tenant_id text NOT NULL,
    capability text NOT NULL,
    period text NOT NULL,
    alert_nanos bigint,
    cap_nanos bigint,
    told_since date,
    told integer DEFAULT 0 NOT NULL,
    CONSTRAINT spending_limit_alert_nanos_check CHECK ((alert_nanos >= 0)),
    CONSTRAINT spending_limit_cap_nanos_check CHECK ((cap_nanos >= 0)),
    CONSTRAINT spending_limit_period_check CHECK ((period = ANY (ARRAY['day'::text, 'month'::text])))
);

CREATE TABLE billing.standing (
    tenant_id text NOT NULL,
    state text NOT NULL,
    since timestamp with time zone NOT NULL,
    grace_until timestamp with time zone,
    destroy_after timestamp with time zone,
    reminded integer,
    next_at timestamp with time zone NOT NULL,
    CONSTRAINT standing_state_check CHECK ((state = ANY (ARRAY['funded'::text, 'warned'::text, 'grace'::text, 'suspended'::text, 'expired'::text])))
);

CREATE TABLE billing.stripe_event (
    id text NOT NULL,
    type text NOT NULL,
    object_id text,
    created_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    outcome text NOT NULL,
    tenant_id text,
    credited_nanos bigint DEFAULT 0 NOT NULL,
    body json NOT NULL,
    CONSTRAINT stripe_event_outcome CHECK ((outcome = ANY (ARRAY['applied'::text, 'ignored'::text, 'unprocessed'::text])))
);

CREATE TABLE billing.stripe_usage_reports (
    tenant_id text NOT NULL,
    day date NOT NULL,
    charged_nanos bigint NOT NULL,
    status text NOT NULL,
    identifier text NOT NULL,
    reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    reported_at timestamp with time zone,
    CONSTRAINT usage_report_charge CHECK ((charged_nanos > 0)),
    CONSTRAINT usage_report_status CHECK ((status = ANY (ARRAY['pending'::text, 'reported'::text, 'not_reported'::text, 'refused'::text])))
);

CREATE TABLE billing.subscription (
    id text NOT NULL,
    tenant_id text NOT NULL,
    customer_id text,
    status text NOT NULL,
    price_id text,
    period_end timestamp with time zone,
    ends_at_period_end boolean DEFAULT false NOT NULL,
    event_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE billing.tenant_customers (
    tenant text NOT NULL,
    processor_customer_id text NOT NULL,
    processor text DEFAULT 'stripe'::text NOT NULL,
    tier text DEFAULT 'free'::text NOT NULL,
    billing_hold integer DEFAULT 0 NOT NULL,
    inference_mode text DEFAULT 'byok'::text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE billing.top_up (
    tenant_id text NOT NULL,
    usage_enabled boolean DEFAULT false NOT NULL,
    usage_threshold_cents integer DEFAULT 500 NOT NULL,
    usage_topup_cents integer DEFAULT 2000 NOT NULL,
    schedule_enabled boolean DEFAULT false NOT NULL,
    schedule_interval text,
    schedule_amount_cents integer,
    schedule_next_at timestamp with time zone,
    monthly_cap_cents integer,
    failures integer DEFAULT 0 NOT NULL,
    retry_at timestamp with time zone,
    stopped_at timestamp with time zone,
    CONSTRAINT top_up_monthly_cap_cents_check CHECK ((monthly_cap_cents > 0)),
    CONSTRAINT top_up_schedule_interval_check CHECK ((schedule_interval = ANY (ARRAY['daily'::text, 'weekly'::text, 'monthly'::text])))
);

CREATE TABLE billing.top_up_attempt (
    id uuid NOT NULL,
    tenant_id text NOT NULL,
    reason text NOT NULL,
    cents integer NOT NULL,
    customer text NOT NULL,
    payment_method text NOT NULL,
    status text DEFAULT 'started'::text NOT NULL,
    payment_intent text,
    decline text,
    created_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    CONSTRAINT top_up_attempt_cents_check CHECK ((cents > 0)),
    CONSTRAINT top_up_attempt_reason_check CHECK ((reason = ANY (ARRAY['usage'::text, 'schedule'::text]))),
    CONSTRAINT top_up_attempt_status_check CHECK ((status = ANY (ARRAY['started'::text, 'succeeded'::text, 'failed'::text])))
);

CREATE TABLE billing.unprocessed_event (
    number bigint NOT NULL,
    event_id text NOT NULL,
    reason text NOT NULL,
    tenant_id text,
    cents bigint,
    currency text,
    state text DEFAULT 'open'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    closed_at timestamp with time zone,
    closed_note text,
    CONSTRAINT unprocessed_event_state CHECK ((state = ANY (ARRAY['open'::text, 'applied'::text, 'dismissed'::text])))
);

ALTER TABLE billing.unprocessed_event ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME billing.unprocessed_event_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE billing.webhook_delivery (
    id uuid NOT NULL,
    tenant_id text NOT NULL,
    endpoint_id uuid NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    body text NOT NULL,
    status text DEFAULT 'queued'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    next_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    tried_at timestamp with time zone,
    http_status integer,
    duration_ms integer,
    answer text,
    error text,
    CONSTRAINT webhook_delivery_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'delivered'::text, 'failed'::text])))
);

CREATE TABLE billing.webhook_endpoint (
    id uuid NOT NULL,
    tenant_id text NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    sealed bytea NOT NULL,
    previous_sealed bytea,
    previous_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    failing_since timestamp with time zone,
    retry_at timestamp with time zone,
    claimed_until timestamp with time zone,
    disabled_at timestamp with time zone,
    CONSTRAINT webhook_endpoint_events_check CHECK ((cardinality(events) > 0))
);

CREATE TABLE billing.webhook_penalty (
    address text NOT NULL,
    failures integer NOT NULL,
    blocked_until timestamp with time zone NOT NULL
);

CREATE TABLE credits.account (
    tenant_id text NOT NULL,
    free_nanos bigint DEFAULT 0 NOT NULL,
    owed_nanos bigint DEFAULT 0 NOT NULL,
    frozen_at timestamp with time zone,
    CONSTRAINT free_never_negative CHECK ((free_nanos >= 0)),
    CONSTRAINT owed_never_negative CHECK ((owed_nanos >= 0))
)
WITH (fillfactor='70');

CREATE TABLE credits.allowance (
    tenant_id text NOT NULL,
    writer_id uuid NOT NULL,
    purse text DEFAULT ''::text NOT NULL,
    remaining_nanos bigint NOT NULL,
    day date NOT NULL,
    CONSTRAINT allowance_never_negative CHECK ((remaining_nanos >= 0))
)
WITH (fillfactor='50');

CREATE TABLE credits.cap (
    tenant_id text NOT NULL,
    capability text DEFAULT ''::text NOT NULL,
    period text NOT NULL,
    limit_nanos bigint NOT NULL,
    used_nanos bigint NOT NULL,
    since date NOT NULL,
    CONSTRAINT cap_limit_nanos_check CHECK ((limit_nanos >= 0)),
    CONSTRAINT cap_period_check CHECK ((period = ANY (ARRAY['day'::text, 'month'::text]))),
    CONSTRAINT cap_used_nanos_check CHECK ((used_nanos >= 0))
);

CREATE TABLE credits.entry (
    id bigint NOT NULL,
    tenant_id text NOT NULL,
    reference text NOT NULL,
    kind text NOT NULL,
    from_account text NOT NULL,
    to_account text NOT NULL,
    nanos bigint NOT NULL,
    missing_nanos bigint DEFAULT 0 NOT NULL,
    description text,
    source text,
    at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT entry_check CHECK ((to_account <> from_account)),
    CONSTRAINT entry_missing_nanos_check CHECK ((missing_nanos >= 0)),
    CONSTRAINT entry_nanos_check CHECK ((nanos >= 0))
);

COMMENT ON TABLE credits.entry IS 'append-only: every movement of money';

CREATE VIEW credits.credit_transactions AS
 SELECT moved.id,
    moved.tenant_id,
    moved.signed AS amount_credits,
    (sum(moved.signed) OVER (PARTITION BY moved.tenant_id ORDER BY moved.id))::bigint AS balance_after_credits,
    moved.kind AS type,
    moved.description,
    moved.reference AS reference_id,
    moved.source AS funding_source,
    moved.at AS created_at
   FROM ( SELECT entry.id,
            entry.tenant_id,
            entry.reference,
            entry.kind,
            entry.from_account,
            entry.to_account,
            entry.nanos,
            entry.missing_nanos,
            entry.description,
            entry.source,
            entry.at,
                CASE
                    WHEN (entry.to_account = 'tenant'::text) THEN entry.nanos
                    ELSE (- entry.nanos)
                END AS signed
           FROM credits.entry
          WHERE ((('tenant'::text = entry.from_account) OR ('tenant'::text = entry.to_account)) AND (entry.nanos > 0))) moved;

ALTER TABLE credits.entry ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME credits.entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE credits.expiring_grant (
    reference text NOT NULL,
    tenant_id text NOT NULL,
    entry_id bigint NOT NULL,
    nanos bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    expired_at timestamp with time zone,
    last_entry_id bigint,
    CONSTRAINT expiring_grant_nanos_check CHECK ((nanos > 0))
);

CREATE VIEW credits.posting AS
 SELECT e.id AS entry_id,
    e.tenant_id,
    side.account,
    side.nanos,
    e.at
   FROM (credits.entry e
     CROSS JOIN LATERAL ( VALUES (e.from_account,(- e.nanos)), (e.to_account,e.nanos)) side(account, nanos));

CREATE TABLE credits.start (
    request_id uuid NOT NULL,
    writer_id uuid NOT NULL,
    tenant_id text NOT NULL,
    purse text NOT NULL,
    hold_nanos bigint NOT NULL,
    bot_id uuid,
    capability text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    price_nanos bigint,
    wholesale_nanos bigint,
    input_units bigint,
    output_units bigint,
    CONSTRAINT start_hold_nanos_check CHECK ((hold_nanos >= 0))
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='20000', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='100000');

CREATE TABLE credits.usage (
    tenant_id text NOT NULL,
    request_id uuid NOT NULL,
    day date NOT NULL,
    bot_id uuid,
    capability text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    input_units bigint NOT NULL,
    output_units bigint NOT NULL,
    wholesale_nanos bigint NOT NULL,
    price_nanos bigint NOT NULL,
    charged_nanos bigint NOT NULL,
    estimated boolean NOT NULL,
    writer_id uuid NOT NULL,
    batch bigint NOT NULL,
    settled_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT usage_check CHECK (((charged_nanos >= 0) AND (charged_nanos <= price_nanos))),
    CONSTRAINT usage_price_nanos_check CHECK ((price_nanos >= 0)),
    CONSTRAINT usage_wholesale_nanos_check CHECK ((wholesale_nanos >= 0))
)
PARTITION BY RANGE (day);

COMMENT ON TABLE credits.usage IS 'append-only: what was used, and what it cost';

CREATE TABLE credits.usage_day (
    tenant_id text NOT NULL,
    day date NOT NULL,
    capability text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    bot_id uuid,
    requests bigint NOT NULL,
    estimated bigint NOT NULL,
    input_units bigint NOT NULL,
    output_units bigint NOT NULL,
    wholesale_nanos bigint NOT NULL,
    price_nanos bigint NOT NULL,
    charged_nanos bigint NOT NULL
);

CREATE TABLE credits.usage_hour (
    tenant_id text NOT NULL,
    hour timestamp with time zone NOT NULL,
    capability text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    bot_id uuid,
    requests bigint NOT NULL,
    estimated bigint NOT NULL,
    input_units bigint NOT NULL,
    output_units bigint NOT NULL,
    wholesale_nanos bigint NOT NULL,
    price_nanos bigint NOT NULL,
    charged_nanos bigint NOT NULL
);

CREATE TABLE credits.usage_other_days (
    tenant_id text NOT NULL,
    request_id uuid NOT NULL,
    day date NOT NULL,
    bot_id uuid,
    capability text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    input_units bigint NOT NULL,
    output_units bigint NOT NULL,
    wholesale_nanos bigint NOT NULL,
    price_nanos bigint NOT NULL,
    charged_nanos bigint NOT NULL,
    estimated boolean NOT NULL,
    writer_id uuid NOT NULL,
    batch bigint NOT NULL,
    settled_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT usage_check CHECK (((charged_nanos >= 0) AND (charged_nanos <= price_nanos))),
    CONSTRAINT usage_price_nanos_check CHECK ((price_nanos >= 0)),
    CONSTRAINT usage_wholesale_nanos_check CHECK ((wholesale_nanos >= 0))
);

COMMENT ON TABLE credits.usage_other_days IS 'append-only: days that nobody prepared';

CREATE TABLE credits.usage_summed (
    writer_id uuid NOT NULL,
    batch bigint NOT NULL
);

CREATE TABLE credits.writer (
    id uuid NOT NULL,
    batch bigint DEFAULT 0 NOT NULL,
    beat_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone
)
WITH (fillfactor='50');

CREATE TABLE fleet.bot (
    id uuid NOT NULL,
    tenant_id text NOT NULL,
    ordinal integer NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    image text NOT NULL,
    env bytea NOT NULL,
    restart_policy text NOT NULL,
    update_policy text NOT NULL,
    release_channel text NOT NULL,
    discovery jsonb,
    model text,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    avatar text DEFAULT ''::text NOT NULL,
    resource_tier text NOT NULL,
    storage_tier text NOT NULL,
    created_by text,
    wish text NOT NULL,
    billing_state text DEFAULT 'active'::text NOT NULL,
    suspended_at timestamp with time zone,
    destroy_after timestamp with time zone,
    starts integer DEFAULT 0 NOT NULL,
    generation integer DEFAULT 0 NOT NULL,
    node_id text,
    version bigint DEFAULT 1 NOT NULL,
    gateway_key_id text,
    gateway_key bytea,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    fault text,
    recoveries integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    erase_after timestamp with time zone,
    erased_at timestamp with time zone,
    CONSTRAINT bot_billing_state_check CHECK ((billing_state = ANY (ARRAY['active'::text, 'suspended'::text, 'destroyed'::text]))),
    CONSTRAINT bot_deleted CHECK (((deleted_at IS NULL) = (state <> 'deleted'::text))),
    CONSTRAINT bot_name_check CHECK ((name ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$'::text)),
    CONSTRAINT bot_ordinal_check CHECK ((ordinal > 0)),
    CONSTRAINT bot_place CHECK (((node_id IS NULL) OR (generation > 0))),
    CONSTRAINT bot_release_channel_check CHECK ((release_channel = ANY (ARRAY['canary'::text, 'staging'::text, 'stable'::text, 'pinned'::text]))),
    CONSTRAINT bot_restart_policy_check CHECK ((restart_policy = ANY (ARRAY['no'::text, 'always'::text, 'on-failure'::text, 'unless-stopped'::text]))),
    CONSTRAINT bot_state_check CHECK ((state = ANY (ARRAY['provisioning'::text, 'running'::text, 'unhealthy'::text, 'sleeping'::text, 'stopped'::text, 'suspended'::text, 'updating'::text, 'recovering'::text, 'failed'::text, 'unknown'::text, 'deleted'::text]))),
    CONSTRAINT bot_tenant_id_check CHECK ((tenant_id ~ '^[A-Za-z0-9]{1,40}$'::text)),
    CONSTRAINT bot_wish_check CHECK ((wish = ANY (ARRAY['run'::text, 'stop'::text, 'erase'::text])))
)
WITH (fillfactor='70');

CREATE TABLE fleet.bot_seen (
    bot_id uuid NOT NULL,
    generation integer NOT NULL,
    version bigint NOT NULL,
    process text NOT NULL,
    started_at timestamp with time zone,
    restarts integer NOT NULL,
    exit integer,
    fault text,
    cpu_percent double precision NOT NULL,
    memory_bytes bigint NOT NULL,
    data_bytes bigint NOT NULL,
    has_data boolean NOT NULL,
    up_at timestamp with time zone,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT bot_seen_process_check CHECK ((process = ANY (ARRAY['absent'::text, 'starting'::text, 'up'::text, 'exited'::text, 'failed'::text])))
)
WITH (fillfactor='50');

CREATE TABLE fleet.event (
    tenant_id text NOT NULL,
    number bigint NOT NULL,
    bot_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    state text,
    message text NOT NULL,
    actor text NOT NULL
);

CREATE TABLE fleet.kept (
    bot_id uuid NOT NULL,
    generation integer NOT NULL,
    path text NOT NULL,
    length bigint NOT NULL,
    kept_at timestamp with time zone NOT NULL,
    key_id bytea,
    CONSTRAINT kept_length_check CHECK ((length >= 0))
);

CREATE TABLE fleet.lease (
    bot_id uuid NOT NULL,
    generation integer NOT NULL,
    until timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE fleet.letter (
    number bigint NOT NULL,
    id uuid NOT NULL,
    bot_id uuid NOT NULL,
    verb text NOT NULL,
    ask bytea NOT NULL,
    actor text NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE fleet.letter ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME fleet.letter_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE fleet.link (
    peer text NOT NULL,
    replica text NOT NULL,
    connection uuid NOT NULL,
    generation integer NOT NULL,
    version text,
    since timestamp with time zone NOT NULL,
    beat timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE fleet.node (
    id text NOT NULL,
    runtime text NOT NULL,
    version text NOT NULL,
    processors integer NOT NULL,
    memory_bytes bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT node_id_check CHECK ((id ~ '^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$'::text)),
    CONSTRAINT node_runtime_check CHECK ((runtime = ANY (ARRAY['process'::text, 'docker'::text])))
)
WITH (fillfactor='50');

CREATE TABLE fleet.tenant (
    tenant_id text NOT NULL,
    ordinal integer DEFAULT 0 NOT NULL,
    event bigint DEFAULT 0 NOT NULL,
    CONSTRAINT tenant_tenant_id_check CHECK ((tenant_id ~ '^[A-Za-z0-9]{1,40}$'::text))
)
WITH (fillfactor='50');

CREATE TABLE fleet.turn (
    id uuid NOT NULL,
    bot_id uuid NOT NULL,
    tenant_id text NOT NULL,
    session text NOT NULL,
    client_id text NOT NULL,
    message text NOT NULL,
    sender text,
    replaces uuid,
    state text NOT NULL,
    problem text,
    can_retry boolean DEFAULT false NOT NULL,
    model text,
    input_tokens bigint DEFAULT 0 NOT NULL,
    output_tokens bigint DEFAULT 0 NOT NULL,
    milliseconds bigint DEFAULT 0 NOT NULL,
    cancel_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    taken_at timestamp with time zone,
    ended_at timestamp with time zone,
    refused_at timestamp with time zone,
    CONSTRAINT turn_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'answered'::text, 'failed'::text, 'cancelled'::text])))
)
WITH (fillfactor='70');

CREATE TABLE gateway.alias (
    alias text NOT NULL,
    model text NOT NULL,
    CONSTRAINT alias_alias_check CHECK ((alias ~ '^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}$'::text))
);

CREATE UNLOGGED TABLE gateway.breaker (
    provider text NOT NULL,
    upstream_model text NOT NULL,
    kind text NOT NULL,
    trips integer DEFAULT 1 NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    retry_at timestamp with time zone NOT NULL,
    probe uuid,
    probe_until timestamp with time zone,
    CONSTRAINT a_probe_has_its_time CHECK (((probe IS NULL) = (probe_until IS NULL))),
    CONSTRAINT breaker_kind_check CHECK ((kind = ANY (ARRAY['open'::text, 'limited'::text])))
);

CREATE TABLE gateway.key (
    id uuid NOT NULL,
    tenant_id text NOT NULL,
    bot_id uuid,
    name text NOT NULL,
    hash bytea NOT NULL,
    hint text NOT NULL,
    models text[] NOT NULL,
    requests_per_minute integer,
    tokens_per_minute bigint,
    daily_budget_nanos bigint,
    monthly_budget_nanos bigint,
    is_issued boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT key_daily_budget_nanos_check CHECK ((daily_budget_nanos >= 0)),
    CONSTRAINT key_monthly_budget_nanos_check CHECK ((monthly_budget_nanos >= 0)),
    CONSTRAINT key_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT key_requests_per_minute_check CHECK ((requests_per_minute > 0)),
    CONSTRAINT key_tenant_id_check CHECK ((tenant_id ~ '^[A-Za-z0-9]{1,40}$'::text)),
    CONSTRAINT key_tokens_per_minute_check CHECK ((tokens_per_minute > 0))
);

CREATE TABLE gateway.key_count (
    key_id uuid NOT NULL,
    what text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    count bigint NOT NULL,
    CONSTRAINT key_count_count_check CHECK ((count >= 0)),
    CONSTRAINT key_count_what_check CHECK ((what = ANY (ARRAY['requests'::text, 'tokens'::text, 'day'::text, 'month'::text])))
)
WITH (fillfactor='70');

CREATE TABLE gateway.key_hold (
    key_id uuid NOT NULL,
    teller_id uuid NOT NULL,
    tokens bigint NOT NULL,
    nanos bigint NOT NULL,
    CONSTRAINT key_hold_nanos_check CHECK ((nanos >= 0)),
    CONSTRAINT key_hold_tokens_check CHECK ((tokens >= 0))
)
WITH (fillfactor='70');

CREATE TABLE gateway.key_teller (
    id uuid NOT NULL,
    batch bigint NOT NULL,
    beat_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE gateway.model (
    id text NOT NULL,
    owned_by text NOT NULL,
    capability text NOT NULL,
    context_tokens bigint NOT NULL,
    output_tokens_max bigint NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT model_capability_check CHECK ((capability = ANY (ARRAY['chat-completions'::text, 'embeddings'::text, 'text-completions'::text]))),
    CONSTRAINT model_context_tokens_check CHECK (((context_tokens >= 1) AND (context_tokens <= 1000000000))),
    CONSTRAINT model_id_check CHECK ((id ~ '^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}$'::text)),
    CONSTRAINT model_output_tokens_max_check CHECK (((output_tokens_max >= 0) AND (output_tokens_max <= 1000000000))),
    CONSTRAINT model_owned_by_check CHECK (((length(owned_by) >= 1) AND (length(owned_by) <= 100)))
);

CREATE TABLE gateway.offer (
    model text NOT NULL,
    provider text NOT NULL,
    upstream_model text NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    CONSTRAINT offer_upstream_model_check CHECK (((length(upstream_model) >= 1) AND (length(upstream_model) <= 200)))
);

CREATE TABLE gateway.price (
    id bigint NOT NULL,
    model text NOT NULL,
    provider text NOT NULL,
    effective_from timestamp with time zone DEFAULT now() NOT NULL,
    input_per_million bigint NOT NULL,
    cached_input_per_million bigint NOT NULL,
    cache_write_per_million bigint NOT NULL,
    output_per_million bigint NOT NULL,
    per_request bigint DEFAULT 0 NOT NULL,
    margin_basis_points integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT price_cache_write_per_million_check CHECK (((cache_write_per_million >= 0) AND (cache_write_per_million <= '1000000000000000'::bigint))),
    CONSTRAINT price_cached_input_per_million_check CHECK (((cached_input_per_million >= 0) AND (cached_input_per_million <= '1000000000000000'::bigint))),
    CONSTRAINT price_input_per_million_check CHECK (((input_per_million >= 0) AND (input_per_million <= '1000000000000000'::bigint))),
    CONSTRAINT price_margin_basis_points_check CHECK (((margin_basis_points >= 0) AND (margin_basis_points <= 100000))),
    CONSTRAINT price_output_per_million_check CHECK (((output_per_million >= 0) AND (output_per_million <= '1000000000000000'::bigint))),
    CONSTRAINT price_per_request_check CHECK (((per_request >= 0) AND (per_request <= '1000000000000'::bigint)))
);

COMMENT ON TABLE gateway.price IS 'append-only: what models cost, and from when';

ALTER TABLE gateway.price ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME gateway.price_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE gateway.provider (
    id text NOT NULL,
    dialect text,
    base_url text,
    sealed bytea,
    enabled boolean DEFAULT true NOT NULL,
    on_disconnect text,
    connect_ms integer,
    first_byte_ms integer,
    idle_ms integer,
    total_ms integer,
    speaks_responses boolean DEFAULT false NOT NULL,
    is_own boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT a_provider_of_operators_has_an_address CHECK (((dialect IS NULL) = (base_url IS NULL))),
    CONSTRAINT provider_base_url_check CHECK ((length(base_url) <= 500)),
    CONSTRAINT provider_connect_ms_check CHECK (((connect_ms >= 100) AND (connect_ms <= 600000))),
    CONSTRAINT provider_dialect_check CHECK ((dialect = ANY (ARRAY['openai'::text, 'anthropic'::text]))),
    CONSTRAINT provider_first_byte_ms_check CHECK (((first_byte_ms >= 100) AND (first_byte_ms <= 3600000))),
    CONSTRAINT provider_id_check CHECK ((id ~ '^[a-z0-9][a-z0-9-]{0,39}$'::text)),
    CONSTRAINT provider_idle_ms_check CHECK (((idle_ms >= 100) AND (idle_ms <= 3600000))),
    CONSTRAINT provider_on_disconnect_check CHECK ((on_disconnect = ANY (ARRAY['drain'::text, 'cancel'::text]))),
    CONSTRAINT provider_total_ms_check CHECK (((total_ms >= 100) AND (total_ms <= 86400000))),
    CONSTRAINT settings_keep_their_own_keys CHECK (((dialect IS NOT NULL) OR (sealed IS NULL)))
);

CREATE TABLE kernel.idempotency (
    scope text NOT NULL,
    key text NOT NULL,
    route text NOT NULL,
    request_hash bytea NOT NULL,
    holder uuid NOT NULL,
    held_until timestamp with time zone NOT NULL,
    status integer,
    content_type text,
    location text,
    body bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE kernel.lease (
    name text NOT NULL,
    holder text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE kernel.maintenance (
    only_one boolean DEFAULT true NOT NULL,
    message text NOT NULL,
    started_by text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT maintenance_only_one_check CHECK (only_one)
);

CREATE TABLE kernel.outbox (
    id uuid NOT NULL,
    topic text NOT NULL,
    body jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    handled text[] DEFAULT '{}'::text[] NOT NULL,
    last_error text,
    parked_at timestamp with time zone
);

CREATE TABLE kernel.rate_window (
    scope text NOT NULL,
    key text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    count bigint NOT NULL
);

CREATE TABLE kernel.session_secret (
    salt bytea NOT NULL,
    hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE notices.mail (
    id uuid NOT NULL,
    recipient text NOT NULL,
    template text NOT NULL,
    content jsonb,
    status text DEFAULT 'queued'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    provider_id text,
    last_error text,
    CONSTRAINT mail_check CHECK (((status = 'queued'::text) OR (content IS NULL))),
    CONSTRAINT mail_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'sent'::text, 'failed'::text])))
);

CREATE TABLE public.schema_history (
    module text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE quotas.plan_limit (
    plan text NOT NULL,
    quota text NOT NULL,
    max bigint,
    CONSTRAINT plan_limit_max_check CHECK ((max >= 0)),
    CONSTRAINT plan_limit_plan_check CHECK ((plan = ANY (ARRAY['free'::text, 'starter'::text, 'pro'::text, 'enterprise'::text]))),
    CONSTRAINT plan_limit_quota_check CHECK ((quota = ANY (ARRAY['instances'::text, 'storage_gb'::text, 'snapshots'::text])))
);

CREATE TABLE quotas.tenant (
    tenant_id text NOT NULL,
    plan text DEFAULT 'free'::text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenant_plan_check CHECK ((plan = ANY (ARRAY['free'::text, 'starter'::text, 'pro'::text, 'enterprise'::text]))),
    CONSTRAINT tenant_tenant_id_check CHECK ((tenant_id ~ '^[A-Za-z0-9]{1,40}$'::text))
);

CREATE TABLE quotas.tenant_limit (
    tenant_id text NOT NULL,
    quota text NOT NULL,
    max bigint,
    CONSTRAINT tenant_limit_max_check CHECK ((max >= 0)),
    CONSTRAINT tenant_limit_quota_check CHECK ((quota = ANY (ARRAY['instances'::text, 'storage_gb'::text, 'snapshots'::text])))
);

CREATE TABLE tenant_keys.key (
    id uuid NOT NULL,
    tenant_id text NOT NULL,
    provider text NOT NULL,
    label text NOT NULL,
    hint text NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT key_provider_check CHECK ((provider = ANY (ARRAY['anthropic'::text, 'openai'::text, 'google'::text, 'discord'::text, 'elevenlabs'::text, 'deepgram'::text]))),
    CONSTRAINT key_tenant_id_check CHECK ((tenant_id ~ '^[A-Za-z0-9]{1,40}$'::text))
);

ALTER TABLE ONLY credits.usage ATTACH PARTITION credits.usage_other_days DEFAULT;

ALTER TABLE ONLY audit.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY audit.seal
    ADD CONSTRAINT seal_pkey PRIMARY KEY (number);

ALTER TABLE ONLY auth.api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.api_token
    ADD CONSTRAINT api_token_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY auth.backup_code
    ADD CONSTRAINT backup_code_pkey PRIMARY KEY (user_id, code_hash);

ALTER TABLE ONLY auth.credential
    ADD CONSTRAINT credential_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY auth.deletion
    ADD CONSTRAINT deletion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.deletion
    ADD CONSTRAINT deletion_user_id_key UNIQUE (user_id);

ALTER TABLE ONLY auth.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.invitation
    ADD CONSTRAINT invitation_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY auth.linked_account
    ADD CONSTRAINT linked_account_pkey PRIMARY KEY (provider, account_id);

ALTER TABLE ONLY auth.login
    ADD CONSTRAINT login_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (tenant_id, user_id);

ALTER TABLE ONLY auth.oauth_state
    ADD CONSTRAINT oauth_state_pkey PRIMARY KEY (state_hash);

ALTER TABLE ONLY auth.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.session
    ADD CONSTRAINT session_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY auth.tenant
    ADD CONSTRAINT tenant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.two_factor
    ADD CONSTRAINT two_factor_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY auth."user"
    ADD CONSTRAINT user_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.verification
    ADD CONSTRAINT verification_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY billing.bot_day
    ADD CONSTRAINT bot_day_pkey PRIMARY KEY (bot_id, day);

ALTER TABLE ONLY billing.bot
    ADD CONSTRAINT bot_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.tenant_customers
    ADD CONSTRAINT customer_of_one_tenant UNIQUE (processor_customer_id);

ALTER TABLE ONLY billing.news_told
    ADD CONSTRAINT news_told_pkey PRIMARY KEY (reference);

ALTER TABLE ONLY billing.payment
    ADD CONSTRAINT payment_intent_once UNIQUE (payment_intent);

ALTER TABLE ONLY billing.payment
    ADD CONSTRAINT payment_pkey PRIMARY KEY (reference);

ALTER TABLE ONLY billing.reversal
    ADD CONSTRAINT reversal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.spending_limit
    ADD CONSTRAINT spending_limit_pkey PRIMARY KEY (tenant_id, capability, period);

ALTER TABLE ONLY billing.standing
    ADD CONSTRAINT standing_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY billing.stripe_event
    ADD CONSTRAINT stripe_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.stripe_usage_reports
    ADD CONSTRAINT stripe_usage_reports_pkey PRIMARY KEY (tenant_id, day);

ALTER TABLE ONLY billing.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.tenant_customers
    ADD CONSTRAINT tenant_customers_pkey PRIMARY KEY (tenant);

ALTER TABLE ONLY billing.top_up_attempt
    ADD CONSTRAINT top_up_attempt_payment_intent_key UNIQUE (payment_intent);

ALTER TABLE ONLY billing.top_up_attempt
    ADD CONSTRAINT top_up_attempt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.top_up
    ADD CONSTRAINT top_up_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY billing.unprocessed_event
    ADD CONSTRAINT unprocessed_event_number_key UNIQUE (number);

ALTER TABLE ONLY billing.unprocessed_event
    ADD CONSTRAINT unprocessed_event_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY billing.stripe_usage_reports
    ADD CONSTRAINT usage_report_once UNIQUE (identifier);

ALTER TABLE ONLY billing.webhook_delivery
    ADD CONSTRAINT webhook_delivery_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.webhook_endpoint
    ADD CONSTRAINT webhook_endpoint_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing.webhook_penalty
    ADD CONSTRAINT webhook_penalty_pkey PRIMARY KEY (address);

ALTER TABLE ONLY credits.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY credits.allowance
    ADD CONSTRAINT allowance_pkey PRIMARY KEY (tenant_id, writer_id, purse, day);

ALTER TABLE ONLY credits.cap
    ADD CONSTRAINT cap_pkey PRIMARY KEY (tenant_id, capability, period);

ALTER TABLE ONLY credits.entry
    ADD CONSTRAINT entry_once UNIQUE (reference);

ALTER TABLE ONLY credits.entry
    ADD CONSTRAINT entry_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY credits.expiring_grant
    ADD CONSTRAINT expiring_grant_pkey PRIMARY KEY (reference);

ALTER TABLE ONLY credits.start
    ADD CONSTRAINT start_pkey PRIMARY KEY (request_id);

ALTER TABLE ONLY credits.usage_day
    ADD CONSTRAINT usage_day_once UNIQUE NULLS NOT DISTINCT (tenant_id, day, capability, provider, model, bot_id);

ALTER TABLE ONLY credits.usage_hour
    ADD CONSTRAINT usage_hour_once UNIQUE NULLS NOT DISTINCT (tenant_id, hour, capability, provider, model, bot_id);

ALTER TABLE ONLY credits.usage
    ADD CONSTRAINT usage_pkey PRIMARY KEY (tenant_id, request_id, day);

ALTER TABLE ONLY credits.usage_other_days
    ADD CONSTRAINT usage_other_days_pkey PRIMARY KEY (tenant_id, request_id, day);

ALTER TABLE ONLY credits.usage_summed
    ADD CONSTRAINT usage_summed_pkey PRIMARY KEY (writer_id);

ALTER TABLE ONLY credits.writer
    ADD CONSTRAINT writer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY fleet.bot
    ADD CONSTRAINT bot_ordinal_once UNIQUE (tenant_id, ordinal);

ALTER TABLE ONLY fleet.bot
    ADD CONSTRAINT bot_pkey PRIMARY KEY (id);

ALTER TABLE ONLY fleet.bot_seen
    ADD CONSTRAINT bot_seen_pkey PRIMARY KEY (bot_id);

ALTER TABLE ONLY fleet.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (tenant_id, number);

ALTER TABLE ONLY fleet.kept
    ADD CONSTRAINT kept_pkey PRIMARY KEY (bot_id, generation, path);

ALTER TABLE ONLY fleet.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (bot_id);

ALTER TABLE ONLY fleet.letter
    ADD CONSTRAINT letter_id_key UNIQUE (id);

ALTER TABLE ONLY fleet.letter
    ADD CONSTRAINT letter_pkey PRIMARY KEY (number);

ALTER TABLE ONLY fleet.link
    ADD CONSTRAINT link_pkey PRIMARY KEY (peer);

ALTER TABLE ONLY fleet.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (id);

ALTER TABLE ONLY fleet.tenant
    ADD CONSTRAINT tenant_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY fleet.turn
    ADD CONSTRAINT turn_once UNIQUE (bot_id, session, client_id);

ALTER TABLE ONLY fleet.turn
    ADD CONSTRAINT turn_pkey PRIMARY KEY (id);

ALTER TABLE ONLY gateway.alias
    ADD CONSTRAINT alias_pkey PRIMARY KEY (alias);

ALTER TABLE ONLY gateway.breaker
    ADD CONSTRAINT breaker_pkey PRIMARY KEY (provider, upstream_model);

ALTER TABLE ONLY gateway.key_count
    ADD CONSTRAINT key_count_pkey PRIMARY KEY (key_id, what, starts_at);

ALTER TABLE ONLY gateway.key_hold
    ADD CONSTRAINT key_hold_pkey PRIMARY KEY (key_id, teller_id);

ALTER TABLE ONLY gateway.key
    ADD CONSTRAINT key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY gateway.key
    ADD CONSTRAINT key_secret_once UNIQUE (hash);

ALTER TABLE ONLY gateway.key_teller
    ADD CONSTRAINT key_teller_pkey PRIMARY KEY (id);

ALTER TABLE ONLY gateway.model
    ADD CONSTRAINT model_pkey PRIMARY KEY (id);

ALTER TABLE ONLY gateway.offer
    ADD CONSTRAINT offer_pkey PRIMARY KEY (model, provider);

ALTER TABLE ONLY gateway.price
    ADD CONSTRAINT price_pkey PRIMARY KEY (id);

ALTER TABLE ONLY gateway.provider
    ADD CONSTRAINT provider_pkey PRIMARY KEY (id);

ALTER TABLE ONLY kernel.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (scope, key);

ALTER TABLE ONLY kernel.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (name);

ALTER TABLE ONLY kernel.maintenance
    ADD CONSTRAINT maintenance_pkey PRIMARY KEY (only_one);

ALTER TABLE ONLY kernel.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY kernel.rate_window
    ADD CONSTRAINT rate_window_pkey PRIMARY KEY (scope, key, starts_at);

ALTER TABLE ONLY kernel.session_secret
    ADD CONSTRAINT session_secret_pkey PRIMARY KEY (salt);

ALTER TABLE ONLY notices.mail
    ADD CONSTRAINT mail_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schema_history
    ADD CONSTRAINT schema_history_pkey PRIMARY KEY (module, number);

ALTER TABLE ONLY quotas.plan_limit
    ADD CONSTRAINT plan_limit_pkey PRIMARY KEY (plan, quota);

ALTER TABLE ONLY quotas.tenant_limit
    ADD CONSTRAINT tenant_limit_pkey PRIMARY KEY (tenant_id, quota);

ALTER TABLE ONLY quotas.tenant
    ADD CONSTRAINT tenant_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY tenant_keys.key
    ADD CONSTRAINT key_id_key UNIQUE (id);

ALTER TABLE ONLY tenant_keys.key
    ADD CONSTRAINT key_pkey PRIMARY KEY (tenant_id, provider);

CREATE INDEX event_at ON audit.event USING btree (at);

CREATE INDEX event_of_action ON audit.event USING btree (action, id DESC);

CREATE INDEX event_of_actor ON audit.event USING btree (actor_id, id DESC);

CREATE INDEX event_of_target ON audit.event USING btree (target, id DESC);

CREATE INDEX event_of_tenant ON audit.event USING btree (tenant_id, id DESC);

CREATE INDEX seal_hour ON audit.seal USING btree (hour);

CREATE INDEX api_token_of_tenant ON auth.api_token USING btree (tenant_id, created_at DESC);

CREATE INDEX deletion_due ON auth.deletion USING btree (erase_after);

CREATE UNIQUE INDEX invitation_to ON auth.invitation USING btree (tenant_id, email);

CREATE INDEX linked_account_of_user ON auth.linked_account USING btree (user_id);

CREATE INDEX login_of_user ON auth.login USING btree (user_id, at DESC);

CREATE INDEX member_of_user ON auth.member USING btree (user_id);

CREATE UNIQUE INDEX member_owner ON auth.member USING btree (tenant_id) WHERE (role = 'owner'::text);

CREATE INDEX session_of_user ON auth.session USING btree (user_id);

CREATE UNIQUE INDEX tenant_slug ON auth.tenant USING btree (slug);

CREATE UNIQUE INDEX user_email ON auth."user" USING btree (lower(email));

CREATE INDEX verification_of_user ON auth.verification USING btree (user_id);

CREATE INDEX bot_by_day ON billing.bot USING btree (known_through) WHERE (deleted_at IS NULL);

CREATE INDEX bot_day_due ON billing.bot_day USING btree (tenant_id, day) WHERE (charged_at IS NULL);

CREATE INDEX bot_of_tenant ON billing.bot USING btree (tenant_id) WHERE (deleted_at IS NULL);

CREATE INDEX payment_charge ON billing.payment USING btree (charge) WHERE (charge IS NOT NULL);

CREATE INDEX payment_created ON billing.payment USING btree (created_at);

CREATE INDEX payment_tenant ON billing.payment USING btree (tenant_id, created_at DESC);

CREATE INDEX reversal_charge ON billing.reversal USING btree (charge) WHERE (charge IS NOT NULL);

CREATE INDEX reversal_intent ON billing.reversal USING btree (payment_intent) WHERE (payment_intent IS NOT NULL);

CREATE INDEX reversal_invoice ON billing.reversal USING btree (invoice) WHERE (invoice IS NOT NULL);

CREATE INDEX reversal_payment ON billing.reversal USING btree (payment) WHERE (payment IS NOT NULL);

CREATE INDEX standing_due ON billing.standing USING btree (next_at);

CREATE INDEX stripe_event_received ON billing.stripe_event USING btree (received_at);

CREATE INDEX subscription_tenant ON billing.subscription USING btree (tenant_id);

CREATE INDEX top_up_attempt_of_tenant ON billing.top_up_attempt USING btree (tenant_id, created_at);

CREATE UNIQUE INDEX top_up_attempt_one_at_a_time ON billing.top_up_attempt USING btree (tenant_id) WHERE (status = 'started'::text);

CREATE INDEX unprocessed_event_open ON billing.unprocessed_event USING btree (number DESC) WHERE (state = 'open'::text);

CREATE INDEX usage_report_pending ON billing.stripe_usage_reports USING btree (day) WHERE (status = 'pending'::text);

CREATE INDEX webhook_delivery_by_age ON billing.webhook_delivery USING btree (created_at) WHERE (status <> 'queued'::text);

CREATE INDEX webhook_delivery_due ON billing.webhook_delivery USING btree (next_at) WHERE (status = 'queued'::text);

CREATE INDEX webhook_delivery_of_endpoint ON billing.webhook_delivery USING btree (endpoint_id, id);

CREATE INDEX webhook_endpoint_of_tenant ON billing.webhook_endpoint USING btree (tenant_id, id);

CREATE INDEX entry_of_day ON credits.entry USING btree (tenant_id, at) WHERE (kind = ANY (ARRAY['runtime'::text, 'storage'::text]));

CREATE INDEX expiring_grant_due ON credits.expiring_grant USING btree (expires_at) WHERE (expired_at IS NULL);

CREATE INDEX expiring_grant_of_tenant ON credits.expiring_grant USING btree (tenant_id);

CREATE INDEX usage_by_batch ON ONLY credits.usage USING brin (batch) WITH (pages_per_range='32');

CREATE INDEX usage_other_days_batch_idx ON credits.usage_other_days USING brin (batch) WITH (pages_per_range='32');

CREATE INDEX bot_of_node ON fleet.bot USING btree (node_id) WHERE (erased_at IS NULL);

CREATE INDEX bot_of_tenant ON fleet.bot USING btree (tenant_id, ordinal) WHERE (deleted_at IS NULL);

CREATE INDEX bot_to_look_at ON fleet.bot USING btree (id) WHERE (erased_at IS NULL);

CREATE INDEX event_age ON fleet.event USING btree (at);

CREATE INDEX event_of_bot ON fleet.event USING btree (bot_id, number DESC);

CREATE INDEX letter_of_bot ON fleet.letter USING btree (bot_id, number);

CREATE INDEX turn_age ON fleet.turn USING btree (ended_at) WHERE (ended_at IS NOT NULL);

CREATE INDEX turn_ended_of_bot ON fleet.turn USING btree (bot_id, ended_at) WHERE (ended_at IS NOT NULL);

CREATE INDEX turn_of_bot ON fleet.turn USING btree (bot_id, created_at);

CREATE INDEX turn_open ON fleet.turn USING btree (bot_id, created_at) WHERE (ended_at IS NULL);

CREATE INDEX turn_refused ON fleet.turn USING btree (bot_id, session, refused_at) WHERE (refused_at IS NOT NULL);

CREATE INDEX key_count_age ON gateway.key_count USING btree (starts_at);

CREATE INDEX key_hold_of_teller ON gateway.key_hold USING btree (teller_id);

CREATE INDEX key_of_tenant ON gateway.key USING btree (tenant_id, created_at DESC) WHERE (revoked_at IS NULL);

CREATE INDEX key_revoked ON gateway.key USING btree (revoked_at) WHERE (revoked_at IS NOT NULL);

CREATE INDEX price_in_force ON gateway.price USING btree (model, provider, effective_from DESC, id DESC);

CREATE INDEX idempotency_age ON kernel.idempotency USING btree (created_at);

CREATE INDEX outbox_due ON kernel.outbox USING btree (due_at) WHERE (parked_at IS NULL);

CREATE INDEX rate_window_end ON kernel.rate_window USING btree (ends_at);

CREATE INDEX mail_recipient ON notices.mail USING btree (lower(recipient));

ALTER INDEX credits.usage_by_batch ATTACH PARTITION credits.usage_other_days_batch_idx;

ALTER INDEX credits.usage_pkey ATTACH PARTITION credits.usage_other_days_pkey;

CREATE TRIGGER lease_given AFTER INSERT ON fleet.lease FOR EACH ROW EXECUTE FUNCTION fleet.tell_lease();

CREATE TRIGGER lease_given_again AFTER UPDATE ON fleet.lease FOR EACH ROW WHEN (((old.until < now()) OR (old.generation <> new.generation))) EXECUTE FUNCTION fleet.tell_lease();

CREATE TRIGGER tell AFTER INSERT OR DELETE OR UPDATE ON gateway.alias FOR EACH STATEMENT EXECUTE FUNCTION gateway.tell_catalogue();

CREATE TRIGGER tell AFTER INSERT OR DELETE OR UPDATE ON gateway.breaker FOR EACH ROW EXECUTE FUNCTION gateway.tell_breaker();

CREATE TRIGGER tell AFTER INSERT OR DELETE OR UPDATE ON gateway.model FOR EACH STATEMENT EXECUTE FUNCTION gateway.tell_catalogue();

CREATE TRIGGER tell AFTER INSERT OR DELETE OR UPDATE ON gateway.offer FOR EACH STATEMENT EXECUTE FUNCTION gateway.tell_catalogue();

CREATE TRIGGER tell AFTER INSERT OR DELETE OR UPDATE ON gateway.price FOR EACH STATEMENT EXECUTE FUNCTION gateway.tell_catalogue();

CREATE TRIGGER tell AFTER INSERT OR DELETE OR UPDATE ON gateway.provider FOR EACH STATEMENT EXECUTE FUNCTION gateway.tell_catalogue();

ALTER TABLE ONLY auth.api_token
    ADD CONSTRAINT api_token_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES auth.tenant(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.api_token
    ADD CONSTRAINT api_token_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.backup_code
    ADD CONSTRAINT backup_code_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.credential
    ADD CONSTRAINT credential_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.deletion
    ADD CONSTRAINT deletion_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.invitation
    ADD CONSTRAINT invitation_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.invitation
    ADD CONSTRAINT invitation_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES auth.tenant(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.linked_account
    ADD CONSTRAINT linked_account_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.login
    ADD CONSTRAINT login_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.member
    ADD CONSTRAINT member_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES auth.tenant(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.member
    ADD CONSTRAINT member_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.oauth_state
    ADD CONSTRAINT oauth_state_link_user_id_fkey FOREIGN KEY (link_user_id) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.session
    ADD CONSTRAINT session_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.session
    ADD CONSTRAINT session_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.two_factor
    ADD CONSTRAINT two_factor_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.verification
    ADD CONSTRAINT verification_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth."user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY billing.bot_day
    ADD CONSTRAINT bot_day_bot_id_fkey FOREIGN KEY (bot_id) REFERENCES billing.bot(id);

ALTER TABLE ONLY billing.reversal
    ADD CONSTRAINT reversal_payment_fkey FOREIGN KEY (payment) REFERENCES billing.payment(reference);

ALTER TABLE ONLY billing.unprocessed_event
    ADD CONSTRAINT unprocessed_event_event_id_fkey FOREIGN KEY (event_id) REFERENCES billing.stripe_event(id) ON DELETE CASCADE;

ALTER TABLE ONLY billing.webhook_delivery
    ADD CONSTRAINT webhook_delivery_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES billing.webhook_endpoint(id) ON DELETE CASCADE;

ALTER TABLE ONLY credits.allowance
    ADD CONSTRAINT allowance_writer_id_fkey FOREIGN KEY (writer_id) REFERENCES credits.writer(id);

ALTER TABLE ONLY fleet.bot_seen
    ADD CONSTRAINT bot_seen_bot_id_fkey FOREIGN KEY (bot_id) REFERENCES fleet.bot(id);

ALTER TABLE ONLY fleet.letter
    ADD CONSTRAINT letter_bot_id_fkey FOREIGN KEY (bot_id) REFERENCES fleet.bot(id);

ALTER TABLE ONLY fleet.turn
    ADD CONSTRAINT turn_bot_id_fkey FOREIGN KEY (bot_id) REFERENCES fleet.bot(id);

ALTER TABLE ONLY gateway.alias
    ADD CONSTRAINT alias_model_fkey FOREIGN KEY (model) REFERENCES gateway.model(id);

ALTER TABLE ONLY gateway.key_hold
    ADD CONSTRAINT key_hold_teller_id_fkey FOREIGN KEY (teller_id) REFERENCES gateway.key_teller(id) ON DELETE CASCADE;

ALTER TABLE ONLY gateway.offer
    ADD CONSTRAINT offer_model_fkey FOREIGN KEY (model) REFERENCES gateway.model(id);

ALTER TABLE ONLY gateway.offer
    ADD CONSTRAINT offer_provider_fkey FOREIGN KEY (provider) REFERENCES gateway.provider(id) ON DELETE CASCADE;

ALTER TABLE ONLY quotas.tenant_limit
    ADD CONSTRAINT tenant_limit_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES quotas.tenant(tenant_id) ON DELETE CASCADE;
