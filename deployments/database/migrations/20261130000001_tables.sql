-- The lead store's tables. Times are UTC instants, money is reais, phones are E.164 with the ninth digit.
-- Safe to apply again: every statement asks whether its work is done already.
--
-- Each index says what is looked up by it. What is open makes a small part of the large tables, and every look at it begins
-- at a partial index, so that its cost follows what is open and not what ever was. A cascade from `leads` follows an index
-- on `lead_id` in each table; other foreign keys that a deletion follows have one too, since without it each deleted row
-- would cost a look at the whole table.

create table if not exists leads (
  id                      uuid primary key default gen_random_uuid(),
  -- A person has a BSUID, a phone number, or both (docs/whatsapp.md 4); neither is assumed.
  phone_number            text unique check (phone_number ~ '^\+[1-9][0-9]{7,14}$'),
  wa_id                   text,          -- WhatsApp's own digits for that phone; may lack the ninth digit
  wa_user_id              text unique,   -- the current BSUID; older ones stay in lead_user_ids
  name                    text,
  email                   text,
  city                    text,
  state                   text check (state ~ '^[A-Z]{2}$'),
  ibge_code               integer,
  client_type             text check (client_type in ('natural', 'juridical')),
  invoice_amount          numeric(12,2), -- declared in the form; a bill never overwrites it
  invoice_band            text,
  holder_name             text,          -- of the electricity account, as somebody of the team noted it; each bill has its own
  conversation_state      text not null default 'FORM_SUBMITTED' check (conversation_state in (
                            'FORM_SUBMITTED', 'INITIAL', 'AWAITING_PLACE', 'AWAITING_BILL', 'BILL_PROCESSED',
                            'PLANS_SENT', 'NOT_SERVED', 'INTERESTED', 'HUMAN_REQUESTED', 'OPTED_OUT', 'COMPLETED')),
  qualification_status    text not null default 'NEW' check (qualification_status in (
                            'NEW', 'IN_PROGRESS', 'QUALIFIED', 'NOT_QUALIFIED', 'NEEDS_REVIEW')),
  memory                  jsonb not null default '{}',  -- what the assistant remembers between turns
  last_inbound_at         timestamptz,
  last_outbound_at        timestamptz,
  human_requested_at      timestamptz,
  billed_at               timestamptz,   -- when the first bill came; the bills themselves are deleted after a while
  opted_out_at            timestamptz,
  unreachable_at          timestamptz,
  unreachable_code        integer,
  next_phone_number       text check (next_phone_number ~ '^\+[1-9][0-9]{7,14}$'),  -- WhatsApp says they moved there
  next_phone_at           timestamptz,
  taken_over_at           timestamptz,   -- a person has the conversation, and the assistant is silent
  taken_over_by           text,          -- null while taken over: nobody has it, and whoever comes may
  call_back_at            timestamptz,   -- until then out of the operators' queue, then in it
  source                  text,
  additional_data         jsonb not null default '{}',
  created_at              timestamptz not null default now(),
  updated_at              timestamptz not null default now()
);
-- who wrote
create index if not exists leads_wa_id on leads (wa_id) where wa_id is not null;
create index if not exists leads_next_phone on leads (next_phone_number) where next_phone_number is not null;
-- the order of the operators' list, whole and for one stage: a page reads one index in order, with 100,000 leads too
create index if not exists leads_by_activity on leads (greatest(last_inbound_at, last_outbound_at, created_at), id);
create index if not exists leads_by_stage_activity
  on leads (conversation_state, greatest(last_inbound_at, last_outbound_at, created_at), id);
create index if not exists leads_by_stage on leads (conversation_state, last_inbound_at desc);
create index if not exists leads_call_back on leads (call_back_at) where call_back_at is not null;
create index if not exists leads_taken_over on leads (taken_over_at) where taken_over_at is not null;
-- the funnel of a period
create index if not exists leads_by_arrival on leads (created_at);

-- Every BSUID a lead ever had: a number change makes a new one, and late statuses still carry the old.
create table if not exists lead_user_ids (
  wa_user_id     text primary key,
  lead_id        uuid not null references leads on delete cascade,
  first_seen_at  timestamptz not null default now(),
  last_seen_at   timestamptz not null default now()
);
create index if not exists lead_user_ids_lead on lead_user_ids (lead_id);

-- What a person agreed to, when and where, and what they took back (LGPD art. 8): rows are only added. A coverage_notice that was
-- granted is also the wish to be told once that there are plans in a place: it stands until `ended_at`, and `ended_by` says what
-- ended it (20261130000021_notices.sql). Nothing else says who wants to be told of what.
create table if not exists lead_consents (
  id            uuid primary key default gen_random_uuid(),
  lead_id       uuid not null references leads on delete cascade,
  kind          text not null check (kind in ('whatsapp_contact', 'coverage_notice', 'marketing_messages')),
  granted       boolean not null,
  ibge_code     integer,         -- of a coverage_notice: the place of which there is to be news; null where all were taken back
  utility       text,            -- and the distribuidora there, where it is known
  ended_at      timestamptz,
  ended_by      text check (ended_by in ('told', 'shown', 'undelivered', 'withdrawn', 'stopped', 'merged')),
  text_version  text,
  evidence      jsonb not null default '{}',
  created_at    timestamptz not null default now()
);
create index if not exists lead_consents_lead on lead_consents (lead_id, created_at);
-- the wishes that stand, by place; and those of a period, for the report
create index if not exists lead_consents_wishes on lead_consents (ibge_code, utility, created_at)
  where kind = 'coverage_notice' and granted and ended_at is null;
create index if not exists lead_consents_ended on lead_consents (ended_at) where kind = 'coverage_notice' and granted;

-- Every form as it was sent. What of it the lead had no value for stands in `leads` too; the rest is only here, and nobody's
-- word until the person says the same in the chat. `network`: keyed hash of the network that it came from, null for one that
-- says nothing (a private address, a person at a desk). `started`: a welcome was wanted for it; `reason`: why none was.
create table if not exists lead_forms (
  id          uuid primary key default gen_random_uuid(),
  lead_id     uuid not null references leads on delete cascade,
  fields      jsonb not null,
  evidence    jsonb not null default '{}',
  network     text,
  started     boolean not null default false,
  reason      text,
  created_at  timestamptz not null default now()
);
create index if not exists lead_forms_lead on lead_forms (lead_id, created_at);
create index if not exists lead_forms_started on lead_forms (created_at) where started;
create index if not exists lead_forms_network on lead_forms (network, created_at) where started and network is not null;

-- The advertisement or post through which somebody began to write (docs/whatsapp.md 2.4), one row a message that names one.
create table if not exists lead_referrals (
  id           uuid primary key default gen_random_uuid(),
  lead_id      uuid not null references leads on delete cascade,
  wamid        text not null unique,
  at           timestamptz not null,
  source_type  text,
  source_id    text,
  source_url   text,
  headline     text,
  body         text,
  ctwa_clid    text           -- Meta's id of the click, for reporting conversions back
);
create index if not exists lead_referrals_lead on lead_referrals (lead_id, at);
create index if not exists lead_referrals_period on lead_referrals (at);

-- One row a flow run that is wanted, working or waiting: the hand-over between webhook, dispatcher and worker.
-- `claim` is a fencing token: it grows with every claim, and a worker that lost its claim can change nothing.
create table if not exists runs (
  id                uuid primary key default gen_random_uuid(),
  lead_id           uuid not null references leads on delete cascade,
  flow              text not null check (flow in ('lead-activation', 'conversation')),
  status            text not null default 'requested'
                      check (status in ('requested', 'active', 'parked', 'waking', 'finished')),
  generation        integer not null default 0,  -- grows when a lost Prefect run is replaced by a new one
  flow_run_id       uuid,
  claim             integer not null default 0,
  lease_expires_at  timestamptz,
  claimed_at        timestamptz,                 -- by the Prefect run of this generation
  wait              integer not null default 0,  -- number of the current wait; names Prefect's pause
  woken             boolean not null default false, -- left its park, and that is not yet dealt with
  wake_due_at       timestamptz,
  -- The `wake_due_at` for which an operator asked: while it is the run's time to wake, the wish stands. The next wait has
  -- another, so nothing has to take it back.
  asked_due_at      timestamptz,
  reminders         integer not null default 0,
  attempts          integer not null default 0,
  losses            integer not null default 0,  -- workers and Prefect runs lost since it last got anywhere
  refusals          integer not null default 0,  -- of the turn whose last message is `refused_message`
  refused_message   uuid,
  next_dispatch_at  timestamptz not null default now(),
  outcome           text,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now()
);
-- One conversation and one activation per lead at a time.
create unique index if not exists runs_one_open on runs (lead_id, flow) where status <> 'finished';
-- the dispatcher's look at what does not move
create index if not exists runs_due on runs (next_dispatch_at) where status <> 'finished';
create index if not exists runs_written on runs (updated_at) where status <> 'finished';  -- in a future that a clock took back
create index if not exists runs_flow_run on runs (flow_run_id);
create index if not exists runs_lead on runs (lead_id, created_at);
create index if not exists runs_silent on runs (created_at, lead_id) where outcome = 'silent';  -- the funnel
-- With the usual fifth of a table's rows dead before anybody cleans up, the partial indexes on what is open, through which
-- rows pass quickly, would be mostly of dead entries.
alter table runs set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

create table if not exists lead_messages (
  id                 uuid primary key default gen_random_uuid(),
  seq                bigint generated always as identity,  -- the order in which messages became known
  lead_id            uuid not null references leads on delete cascade,
  wamid              text unique,
  message_direction  text not null check (message_direction in ('user', 'bot', 'agent')),
  message_type       text not null,
  message_content    text not null default '',
  payload            text,           -- id of the tapped button or row
  media              jsonb,
  location           jsonb,
  content            jsonb,          -- outgoing: flows.domain.Content; absent for a template
  template           jsonb,          -- outgoing: name, language, body, buttons
  asked              text,           -- outgoing: the question that waits since (flows.domain.Why.asked)
  reply_to_wamid     text,           -- the message that this one quotes, taps on or reacts to
  replaces_wamid     text,           -- the message of theirs that this one edits or takes back
  wa_timestamp       timestamptz,
  -- inbound
  answered_at        timestamptz,    -- set with the reply, or at once for what wants no answer
  answered_by        uuid references lead_messages on delete set null,
  left_at            timestamptz,    -- given back without an answer, while no run was going to give one
  -- outgoing
  run_id             uuid references runs on delete set null,
  dedupe_key         text unique,
  author             text,           -- the operator's name, for direction 'agent'
  delivery_status    text check (delivery_status in (
                       'queued', 'sending', 'uncertain', 'accepted', 'sent', 'delivered', 'read', 'played', 'failed')),
  attempts           integer not null default 0,
  not_before         timestamptz,
  put_off_at         timestamptz,    -- when `not_before` was written
  attempted_at       timestamptz,
  error_code         integer,
  withdrawn_at       timestamptz,    -- the assistant's, at a take-over
  pricing            jsonb,
  created_at         timestamptz not null default now()
);
create index if not exists lead_messages_by_lead on lead_messages (lead_id, seq desc);
create index if not exists lead_messages_unanswered on lead_messages (lead_id, seq)
  where message_direction = 'user' and answered_at is null;
create index if not exists lead_messages_replaces on lead_messages (replaces_wamid) where replaces_wamid is not null;
create index if not exists lead_messages_left on lead_messages (lead_id) where left_at is not null;
create index if not exists lead_messages_unsent on lead_messages (lead_id, seq)
  where delivery_status in ('queued', 'sending', 'uncertain');
-- The dispatcher's look at what is still to be sent. Those of more than a day ago are past their window and stay queued
-- for good, so it begins at the newest.
create index if not exists lead_messages_unsent_since on lead_messages (created_at)
  where delivery_status in ('queued', 'sending', 'uncertain');
-- reports and the funnel
create index if not exists lead_messages_period on lead_messages (created_at);
create index if not exists lead_messages_templates on lead_messages (created_at, lead_id)
  where dedupe_key like 'template:%' and delivery_status in ('delivered', 'read', 'played');
-- deletions
create index if not exists lead_messages_answered_by on lead_messages (answered_by) where answered_by is not null;
create index if not exists lead_messages_run on lead_messages (run_id) where run_id is not null;
-- as `runs`
alter table lead_messages set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- What makes whoever taps our template's button the lead it was sent to: a secret that only the phone knows on which the
-- template arrived, so only its hash is here. One row a send, until it is used; with each send of a message WhatsApp may
-- have delivered one, whose own wamid the tap must quote (null while nobody has told it yet).
create table if not exists template_secrets (
  seq          bigint generated always as identity primary key,
  secret_hash  text not null unique,
  message_id   uuid not null references lead_messages on delete cascade,
  wamid        text
);
create index if not exists template_secrets_message on template_secrets (message_id, seq);
create index if not exists template_secrets_wamid on template_secrets (wamid) where wamid is not null;

-- One row a turn of the assistant, written with its reply. `why` is flows.domain.Why; what reports add up stands beside
-- it. `lead` is the lead as the assistant was handed it. `message_id` is null where nothing was said.
create table if not exists turns (
  id          bigint generated always as identity primary key,
  run_id      uuid not null,
  lead_id     uuid not null references leads on delete cascade,
  message_id  uuid references lead_messages on delete set null,
  message_ids uuid[] not null default '{}',
  answerer    text not null,   -- who heard: the model's name, "rules" or "taps"
  messages    integer not null,
  stage       text not null,
  seconds     double precision not null,
  tokens_in   integer not null default 0,
  tokens_out  integer not null default 0,
  cost        numeric,         -- US dollars; null without a price
  fallback    text,
  broken      text[] not null default '{}',
  why         jsonb not null,
  lead        jsonb not null,
  at          timestamptz not null default now()
);
create index if not exists turns_run on turns (run_id, id);
create index if not exists turns_lead on turns (lead_id, at);
create index if not exists turns_period on turns (at);  -- reports
create index if not exists turns_message on turns (message_id) where message_id is not null;

-- Everything WhatsApp delivered, once: the key makes redelivery harmless. Purged after the retention time.
create table if not exists webhook_events (
  event_key    text primary key,
  kind         text not null,
  payload      jsonb not null,
  received_at  timestamptz not null default now()
);
create index if not exists webhook_events_age on webhook_events (received_at);  -- the retention

create table if not exists energy_bills (
  id                 uuid primary key default gen_random_uuid(),
  lead_id            uuid not null references leads on delete cascade,
  message_id         uuid references lead_messages on delete set null,
  storage_path       text not null,
  sha256             text not null,
  mime_type          text not null,
  size_bytes         integer not null,
  -- what was read, each null when it was not found; the decision and its reasons are in `reading`
  classification        text check (classification in (
                          'energy_bill', 'other_document', 'not_document', 'unreadable', 'password_protected')),
  holder_name           text,
  holder_document_last4 text,
  utility_name          text,
  installation_number   text,
  client_number         text,
  contract_account      text,
  reference_month       date,
  due_date              date,
  total_amount          numeric(12,2),
  consumption_kwh       integer,
  flags                 text[] not null default '{}',
  checks                jsonb,
  sightings             jsonb,           -- where each field was found and how sure that is, without its value
  reading               jsonb,
  read_by               text,            -- the parser, or the vision model's name
  read_at               timestamptz,
  -- what a person read on it (flows.assistant.bill.model.BillFields), because nothing here could, or read it wrongly
  typed                 jsonb,
  typed_by              text,
  created_at         timestamptz not null default now(),
  delete_after       timestamptz,
  unique (lead_id, sha256)
);
-- the retention looks through it every hour
create index if not exists energy_bills_expiring on energy_bills (delete_after) where delete_after is not null;
create index if not exists energy_bills_period on energy_bills (created_at, lead_id);  -- the funnel
create index if not exists energy_bills_path on energy_bills (storage_path);  -- whether a file is anybody else's, too
create index if not exists energy_bills_message on energy_bills (message_id) where message_id is not null;

-- Photos and PDFs that a person of the team sent. The row goes with its message, or before it, when its own time is up.
create table if not exists sent_files (
  message_id    uuid primary key references lead_messages on delete cascade,
  lead_id       uuid not null references leads on delete cascade,
  storage_path  text not null,
  mime_type     text not null,
  size_bytes    integer not null,
  name          text not null,
  created_at    timestamptz not null default now(),
  delete_after  timestamptz not null
);
create index if not exists sent_files_lead on sent_files (lead_id);
create index if not exists sent_files_expiring on sent_files (delete_after);

-- What was really shown to a lead, so that a number can be traced to the plans read at that moment.
create table if not exists lead_plan_offers (
  id               uuid primary key default gen_random_uuid(),
  lead_id          uuid not null references leads on delete cascade,
  offered_at       timestamptz not null default now(),
  position         smallint not null,
  plan_id          integer not null,
  plan_name        text not null,
  utility_name     text not null,
  discount         numeric(5,4) not null,
  fidelity_months  integer not null,
  benefits         jsonb not null default '[]',
  chosen_at        timestamptz
);
create index if not exists lead_plan_offers_lead on lead_plan_offers (lead_id, offered_at desc);

create table if not exists lead_status (
  id          bigint generated always as identity primary key,
  lead_id     uuid not null references leads on delete cascade,
  from_state  text,
  to_state    text not null,
  actor       text not null default 'system' check (actor in ('system', 'lead', 'human')),
  at          timestamptz not null default now()
);
create index if not exists lead_status_lead on lead_status (lead_id, at);
-- the funnel: who got as far as a place
create index if not exists lead_status_place on lead_status (at, lead_id)
  where to_state in ('AWAITING_BILL', 'BILL_PROCESSED', 'PLANS_SENT', 'NOT_SERVED', 'INTERESTED');

create table if not exists handoffs (
  id               uuid primary key default gen_random_uuid(),
  lead_id          uuid not null references leads on delete cascade,
  reason           text not null,
  summary          jsonb not null default '{}',
  partner_lead_id  text,          -- the lead's id in the partnership API, where registration is switched on
  created_at       timestamptz not null default now(),
  acknowledged_at  timestamptz,
  acknowledged_by  text,
  telling          uuid           -- the claim under which people are told (20261130000022_telling.sql)
);
create index if not exists handoffs_waiting on handoffs (created_at) where acknowledged_at is null;
create index if not exists handoffs_untold on handoffs (created_at) where acknowledged_at is null and telling is null;
create index if not exists handoffs_telling on handoffs (telling) where telling is not null;
create index if not exists handoffs_lead on handoffs (lead_id, created_at);
create index if not exists handoffs_period on handoffs (created_at, lead_id);  -- the dashboard

-- What operators write to each other about a person. `key` makes a repeated form one note.
create table if not exists lead_notes (
  id          uuid primary key default gen_random_uuid(),
  lead_id     uuid not null references leads on delete cascade,
  key         text unique,
  author      text not null,
  text        text not null check (text ~ '\S' and length(text) <= 4000),
  created_at  timestamptz not null default now()
);
create index if not exists lead_notes_lead on lead_notes (lead_id, created_at);

-- What came of speaking with somebody, or of trying to. `reason` says why a lead was lost (flows/shown/words.toml).
create table if not exists lead_contacts (
  id            uuid primary key default gen_random_uuid(),
  lead_id       uuid not null references leads on delete cascade,
  operator      text not null,
  result        text not null check (result in ('sold', 'lost', 'unreachable', 'call_back')),
  reason        text check (result = 'lost' or reason is null),
  call_back_at  timestamptz,
  created_at    timestamptz not null default now()
);
create index if not exists lead_contacts_lead on lead_contacts (lead_id, created_at);
create index if not exists lead_contacts_period on lead_contacts (created_at, lead_id);

-- At once, and not only with the grants at the end: a new Supabase project opens every new table to everybody.
do $$
declare t text;
begin
  foreach t in array array['leads', 'lead_user_ids', 'lead_consents', 'lead_forms', 'lead_referrals', 'runs', 'lead_messages', 'template_secrets', 'turns',
                           'webhook_events', 'energy_bills', 'sent_files', 'lead_plan_offers', 'lead_status', 'handoffs',
                           'lead_notes', 'lead_contacts'] loop
    execute format('alter table public.%I enable row level security', t);
  end loop;
end $$;
