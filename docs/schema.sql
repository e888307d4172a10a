-- Every schema after all migrations. Made by a test: see CONTRIBUTING.md.

CREATE SCHEMA audit;

CREATE SCHEMA auth;

CREATE SCHEMA credits;

CREATE SCHEMA kernel;

CREATE SCHEMA notices;

CREATE SCHEMA quotas;

CREATE SCHEMA tenant_keys;

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

CREATE TABLE credits.account (
    tenant_id text NOT NULL,
    balance_nanos bigint DEFAULT 0 NOT NULL,
    CONSTRAINT balance_never_negative CHECK ((balance_nanos >= 0))
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

ALTER TABLE ONLY credits.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (tenant_id);

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

CREATE INDEX idempotency_age ON kernel.idempotency USING btree (created_at);

CREATE INDEX outbox_due ON kernel.outbox USING btree (due_at) WHERE (parked_at IS NULL);

CREATE INDEX rate_window_end ON kernel.rate_window USING btree (ends_at);

CREATE INDEX mail_recipient ON notices.mail USING btree (lower(recipient));

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

ALTER TABLE ONLY quotas.tenant_limit
    ADD CONSTRAINT tenant_limit_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES quotas.tenant(tenant_id) ON DELETE CASCADE;
