-- What operators and reports need in the tables, and the functions that are told of it: a conversation that a person
-- has taken over, the record of what operators did, and what each turn took.
-- The version before this one goes on working: it neither reads nor writes what is new.

alter table leads add column if not exists taken_over_at timestamptz;
alter table leads add column if not exists taken_over_by text;
alter table handoffs add column if not exists acknowledged_by text;
alter table lead_messages add column if not exists withdrawn_at timestamptz;  -- the assistant's, at a take-over
alter table lead_messages add column if not exists author text;  -- the operator's name, for direction 'agent'

-- Append-only. `lead_id` has no foreign key, so that an erasure stays provable; `details` hold ids, codes and counts.
create table if not exists operator_actions (
  id        bigint generated always as identity primary key,
  at        timestamptz not null default now(),
  operator  text not null,
  action    text not null,
  lead_id   uuid,
  details   jsonb not null default '{}'
);
-- At once, and not only with the grants at the end: a new Supabase project opens every new table to everybody.
alter table operator_actions enable row level security;
create index if not exists operator_actions_lead on operator_actions (lead_id, at) where lead_id is not null;
create index if not exists operator_actions_newest on operator_actions (at desc, id desc);

-- Only a merge may touch a row: the person goes on under another id.
create or replace function keep_actions() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' and to_jsonb(new) - 'lead_id' = to_jsonb(old) - 'lead_id' then return new; end if;
  raise exception 'operator_actions is append-only' using errcode = 'insufficient_privilege';
end $$;
create or replace trigger operator_actions_stay before update or delete on operator_actions
  for each row execute function keep_actions();

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
alter table turns enable row level security;
create index if not exists turns_run on turns (run_id, id);
create index if not exists turns_lead on turns (lead_id, at);
create index if not exists turns_period on turns (at);
create index if not exists turns_message on turns (message_id) where message_id is not null;

-- Lists and figures by one index each, with 100,000 leads too. The first two are the order of the operators' list.
create index if not exists leads_by_activity on leads (greatest(last_inbound_at, last_outbound_at, created_at), id);
create index if not exists leads_by_stage_activity
  on leads (conversation_state, greatest(last_inbound_at, last_outbound_at, created_at), id);
create index if not exists leads_by_arrival on leads (created_at);
create index if not exists leads_taken_over on leads (taken_over_at) where taken_over_at is not null;
create index if not exists lead_messages_period on lead_messages (created_at);
create index if not exists lead_messages_templates on lead_messages (created_at, lead_id)
  where template is not null and delivery_status in ('delivered', 'read', 'played');
create index if not exists lead_status_place on lead_status (at, lead_id)
  where to_state in ('AWAITING_BILL', 'BILL_PROCESSED', 'PLANS_SENT', 'NOT_SERVED', 'INTERESTED');
create index if not exists handoffs_lead on handoffs (lead_id, created_at);
create index if not exists energy_bills_period on energy_bills (created_at, lead_id);
create index if not exists runs_lead on runs (lead_id, created_at);
create index if not exists runs_silent on runs (created_at, lead_id) where outcome = 'silent';
-- Deleting a person follows these foreign keys; without an index each row would cost a look at the whole table.
create index if not exists lead_messages_answered_by on lead_messages (answered_by) where answered_by is not null;
create index if not exists lead_messages_run on lead_messages (run_id) where run_id is not null;
create index if not exists energy_bills_message on energy_bills (message_id) where message_id is not null;

-- Text as people search for it: without case and without the accents of Portuguese. Its stated cost keeps the planner
-- from calling it row by row where an index knows the answer; most names have no accent, and for them it is cheap.
create or replace function searchable(p_text text) returns text
language plpgsql immutable parallel safe cost 1000 as $$
begin
  if octet_length(p_text) = char_length(p_text) then return lower(p_text); end if;
  return lower(translate(p_text, 'ÁÀÂÃÄáàâãäÉÈÊËéèêëÍÌÎÏíìîïÓÒÔÕÖóòôõöÚÙÛÜúùûüÇçÑñ',
                                 'AAAAAaaaaaEEEEeeeeIIIIiiiiOOOOOoooooUUUUuuuuCcNn'));
end $$;

-- Part of a name or a number by trigrams, where the extension may be had (Supabase, most servers); a scan elsewhere.
do $$
declare home text;
begin
  if not exists (select 1 from pg_extension where extname = 'pg_trgm') then
    begin
      create schema if not exists extensions;
      create extension pg_trgm schema extensions;
    exception when insufficient_privilege or undefined_file or feature_not_supported or invalid_parameter_value then
      raise notice 'pg_trgm is not available: searching leads by name scans the table';
    end;
  end if;
  select n.nspname into home from pg_extension e join pg_namespace n on n.oid = e.extnamespace
   where e.extname = 'pg_trgm';
  if home is not null then
    execute format('create index if not exists leads_name_part on leads
                    using gin (searchable(name) %I.gin_trgm_ops)', home);
    execute format('create index if not exists leads_phone_part on leads
                    using gin (phone_number %I.gin_trgm_ops)', home);
  end if;
end $$;

create or replace function lead_json(p_lead uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'id', l.id, 'phone_number', l.phone_number, 'wa_user_id', l.wa_user_id, 'name', l.name, 'city', l.city,
    'state', l.state, 'ibge_code', l.ibge_code, 'client_type', l.client_type, 'invoice_amount', l.invoice_amount,
    'stage', l.conversation_state, 'qualification', l.qualification_status, 'opted_out_at', l.opted_out_at,
    'taken_over_at', l.taken_over_at,
    'last_inbound_at', l.last_inbound_at, 'last_outbound_at', l.last_outbound_at, 'memory', l.memory,
    'bills', (select count(*) from energy_bills b where b.lead_id = l.id),
    'offers', coalesce((select jsonb_agg(jsonb_build_object('position', o.position, 'plan_id', o.plan_id,
        'name', o.plan_name, 'utility', o.utility_name, 'discount', o.discount, 'fidelity_months', o.fidelity_months,
        'benefits', o.benefits) order by o.position)
      from lead_plan_offers o where o.lead_id = l.id
       and o.offered_at = (select max(offered_at) from lead_plan_offers where lead_id = l.id)), '[]'))
  from leads l where l.id = p_lead
$$;

-- The assistant stops in the middle of what it does. A worker at work loses its claim, as after a merge, and the
-- dispatcher has the same flow run begin again; a waiting run wakes. Both then see the lead as it is now. The caller
-- holds the lead; returns what the conversation needs from Prefect now.
create or replace function interrupt_conversation(p_lead uuid) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare r runs;
begin
  perform pg_notify('lead_news', p_lead::text);
  select * into r from runs where lead_id = p_lead and flow = 'conversation' and status <> 'finished' for update;
  if r.status = 'active' then
    update runs set claim = claim + 1, lease_expires_at = now(), next_dispatch_at = now(), updated_at = now()
     where id = r.id;
  elsif r.status = 'parked' then
    return wake_conversation(p_lead);
  end if;
  return null;
end $$;

-- As in 20261122000002, and besides: a take-over under either identity is one of the person, turns and what operators
-- did move along, and a form says more about where somebody came from than the message that followed it.
create or replace function merge_leads(p_keep uuid, p_drop uuid) returns void
language plpgsql set search_path = public, pg_temp as $$
declare gone leads; was_taken_over boolean;
begin
  if p_keep = p_drop then return; end if;
  select * into gone from leads where id = p_drop for update;
  select taken_over_at is not null into was_taken_over from leads where id = p_keep;
  -- Two open runs of one flow cannot stand side by side; the kept lead's run will see the moved messages.
  update runs d set status = 'finished', outcome = 'merged', claim = claim + 1, updated_at = now()
   where d.lead_id = p_drop and d.status <> 'finished'
     and exists (select 1 from runs k where k.lead_id = p_keep and k.flow = d.flow and k.status <> 'finished');
  -- A worker at work for the dropped lead knows it by an id that is about to go: it loses its claim, and the dispatcher
  -- has the same flow run begin again, which then learns the kept lead's id.
  update runs set lead_id = p_keep, claim = claim + (status = 'active')::int,
         lease_expires_at = case when status = 'active' then now() else lease_expires_at end,
         next_dispatch_at = case when status = 'active' then now() else next_dispatch_at end
   where lead_id = p_drop;
  update lead_messages set lead_id = p_keep where lead_id = p_drop;
  update lead_consents set lead_id = p_keep where lead_id = p_drop;
  update lead_plan_offers set lead_id = p_keep where lead_id = p_drop;
  update lead_status set lead_id = p_keep where lead_id = p_drop;
  update handoffs set lead_id = p_keep where lead_id = p_drop;
  update turns set lead_id = p_keep where lead_id = p_drop;
  update operator_actions set lead_id = p_keep where lead_id = p_drop;
  -- A file that both sent keeps its second row, under another key: the retention has to find its path.
  update energy_bills b set lead_id = p_keep,
         sha256 = b.sha256 || case when exists (select 1 from energy_bills k
                                                 where k.lead_id = p_keep and k.sha256 = b.sha256)
                                   then ':' || b.id else '' end
   where b.lead_id = p_drop;
  update lead_user_ids set lead_id = p_keep where lead_id = p_drop;
  delete from leads where id = p_drop;
  update leads k set
    phone_number = coalesce(k.phone_number, gone.phone_number),
    wa_id = case when k.phone_number is null then gone.wa_id else k.wa_id end,
    wa_user_id = coalesce(k.wa_user_id, gone.wa_user_id), name = coalesce(k.name, gone.name),
    email = coalesce(k.email, gone.email), city = coalesce(k.city, gone.city), state = coalesce(k.state, gone.state),
    ibge_code = coalesce(k.ibge_code, gone.ibge_code), client_type = coalesce(k.client_type, gone.client_type),
    invoice_amount = coalesce(k.invoice_amount, gone.invoice_amount),
    invoice_band = coalesce(k.invoice_band, gone.invoice_band),
    last_inbound_at = greatest(k.last_inbound_at, gone.last_inbound_at),
    last_outbound_at = greatest(k.last_outbound_at, gone.last_outbound_at),
    -- A stop said under either identity is a stop of the person.
    opted_out_at = coalesce(k.opted_out_at, gone.opted_out_at),
    human_requested_at = coalesce(k.human_requested_at, gone.human_requested_at),
    next_phone_number = coalesce(k.next_phone_number, gone.next_phone_number),
    next_phone_at = case when k.next_phone_number is null then gone.next_phone_at else k.next_phone_at end,
    taken_over_by = case when k.taken_over_at is null then gone.taken_over_by else k.taken_over_by end,
    taken_over_at = coalesce(k.taken_over_at, gone.taken_over_at),
    source = coalesce(nullif(k.source, 'whatsapp'), gone.source, k.source),
    -- one conversation's whole state, not a mixture of two
    memory = case when k.memory = '{}' then gone.memory else k.memory end,
    additional_data = gone.additional_data || k.additional_data || jsonb_build_object('merged_from', gone.id),
    created_at = least(k.created_at, gone.created_at), updated_at = now()
  where k.id = p_keep;
  if gone.taken_over_at is not null and not was_taken_over then
    -- the kept lead's assistant learns it in the middle of its turn; the dispatcher wakes a run that waits
    perform interrupt_conversation(p_keep);
  end if;
end $$;

-- As in 20261122000004, and besides: a person's message does not go out after a stop, nor the assistant's to a lead with
-- whom a person speaks by now, whether it was put off or its outcome is unknown. (What the assistant says after the
-- take-over confirms a stop or an erasure.) The button of the welcome template gets a secret of this send (tapped_lead);
-- what is stored of the template has none, so that it is told to nobody but the phone.
create or replace function begin_send(p_message uuid, p_again boolean) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare m lead_messages; l leads; secret text;
begin
  select * into m from lead_messages where id = p_message for update;
  select * into l from leads where id = m.lead_id;
  if m.delivery_status = 'queued' and l.opted_out_at is not null
     and (m.template is not null or m.dedupe_key like 'reminder:%' or m.message_direction = 'agent') then
    -- Wanted before the person said stop, and put off since. Only answers to what they wrote go out now.
    update lead_messages set delivery_status = 'failed', error_code = 131050 where id = m.id;
    return jsonb_build_object('outcome', 'failed', 'error_code', 131050);
  end if;
  if l.taken_over_at is not null and m.message_direction = 'bot'
     and (m.created_at < l.taken_over_at or m.dedupe_key like 'reminder:%')
     and (m.delivery_status = 'queued' or (p_again and m.delivery_status in ('sending', 'uncertain'))) then
    update lead_messages set delivery_status = 'failed', error_code = null, withdrawn_at = now() where id = m.id;
    return jsonb_build_object('outcome', 'failed', 'error_code', null);
  end if;
  if m.id is null
     or not (m.delivery_status = 'queued' or (p_again and m.delivery_status in ('sending', 'uncertain'))) then
    return jsonb_build_object('outcome', case when m.delivery_status in ('sending', 'uncertain') then 'unknown'
                                              when m.delivery_status = 'failed' then 'failed' else 'settled' end,
                              'error_code', m.error_code);
  end if;
  update lead_messages set delivery_status = 'sending', attempts = attempts + 1, attempted_at = now() where id = m.id;
  if m.template->'buttons' ? 'ATIVAR_PERFIL' then
    -- two random UUIDs: 244 bits from the server's strong generator
    secret := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
    insert into template_secrets (secret_hash, message_id) values (secret_hash(secret), m.id);
    m.template := jsonb_set(m.template, '{buttons}', (
      select jsonb_agg(case when b = 'ATIVAR_PERFIL' then b || ':' || secret else b end order by n)
        from jsonb_array_elements_text(m.template->'buttons') with ordinality o(b, n)));
  end if;
  return jsonb_build_object('outcome', 'send', 'lead_id', l.id, 'bsuid', l.wa_user_id,
    'phone', coalesce('+' || l.wa_id, l.phone_number), 'content', m.content, 'template', m.template,
    'last_inbound_at', l.last_inbound_at, 'attempts', m.attempts + 1);
end $$;

create or replace function turn_json(p_turn turns) returns jsonb
language sql immutable set search_path = public, pg_temp as $$
  select jsonb_build_object('by', p_turn.answerer, 'messages', p_turn.messages, 'stage', p_turn.stage,
    'seconds', p_turn.seconds, 'tokens_in', p_turn.tokens_in, 'tokens_out', p_turn.tokens_out,
    'cost', p_turn.cost, 'fallback', p_turn.fallback, 'broken', p_turn.broken)
$$;

create or replace function run_turns(p_run uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(turn_json(t) || jsonb_build_object('at', t.at) order by t.id), '[]')
    from turns t where t.run_id = p_run
$$;
