-- What is past its time goes, in slices: each call is one short transaction that touches at most p_limit rows a statement, and
-- takes no row that somebody else holds. flows/retention.py calls until a kind says that no more is left.

-- `forgotten_at`: somebody who stopped our messages and of whom nothing is left but that (forget_leads).
alter table leads add column if not exists forgotten_at timestamptz;
create index if not exists runs_finished on runs (updated_at) where status = 'finished';

-- p_what: events, bills, messages, runs, actions, leads, news, crm. p_days: kept for so long (bills have a day of their own).
-- Returns {"gone": rows, "more": whether another call may find some}. Rows go by their keys, as arrays: joined, the planner may
-- take a whole table for the shorter way to a thousand of its rows.
create or replace function forget(p_what text, p_days int, p_limit int) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare past timestamptz := now() - make_interval(days => p_days); gone int := 0; more int := 0;
begin
  case p_what
    when 'events' then
      delete from webhook_events where event_key = any(array(select event_key from webhook_events where received_at < past
        order by received_at limit p_limit for update skip locked));
      get diagnostics gone = row_count;
      delete from erased_events where key_hash = any(array(select key_hash from erased_events where erased_at < past
        order by erased_at limit p_limit for update skip locked));
      get diagnostics more = row_count;
    when 'bills' then
      -- whoever deletes the files says so (files_removed); until then their names stay
      with gone_bills as (delete from energy_bills where id = any(array(select id from energy_bills where delete_after < now()
          order by delete_after limit p_limit for update skip locked)) returning storage_path, lead_id),
      named as (insert into erased_files (storage_path, lead_id)
        select distinct on (g.storage_path) g.storage_path, g.lead_id from gone_bills g
         where not exists (select 1 from energy_bills o where o.storage_path = g.storage_path and o.delete_after >= now())
        on conflict (storage_path) do nothing)
      select count(*) into gone from gone_bills;
      delete from sent_files where message_id = any(array(select message_id from sent_files where delete_after < now()
        order by delete_after limit p_limit for update skip locked));
      get diagnostics more = row_count;
    when 'messages' then
      delete from turns where id = any(array(select id from turns where at < past order by at limit p_limit for update skip locked));
      get diagnostics more = row_count;
      delete from lead_messages where id = any(array(select id from lead_messages where created_at < past
          and (message_direction <> 'user' or answered_at is not null)
        order by created_at limit p_limit for update skip locked));
      get diagnostics gone = row_count;
    when 'runs' then
      delete from runs where id = any(array(select id from runs where status = 'finished' and updated_at < past
        order by updated_at limit p_limit for update skip locked));
      get diagnostics gone = row_count;
    when 'actions' then
      -- the one way past keep_actions, and never for what is younger than half a year
      perform set_config('serena.forgetting', least(past, now() - interval '180 days')::text, true);
      delete from operator_actions where id = any(array(select id from operator_actions
         where at < least(past, now() - interval '180 days') order by at limit p_limit for update skip locked));
      get diagnostics gone = row_count;
      perform set_config('serena.forgetting', '', true);
      -- and with the last of what they did, who may not log in any more, or never came
      delete from operators o
       where coalesce(o.disabled_at, case when o.password_hash is null then o.link_until end) < least(past, now() - interval '180 days')
         and not exists (select 1 from operator_actions a where a.operator = o.name);
    when 'news' then
      delete from news where id = any(array(select id from news where at < past order by at limit p_limit for update skip locked));
      get diagnostics gone = row_count;
    when 'crm' then
      delete from crm_events where id = any(array(select id from crm_events where (delivered_at is not null or given_up_at is not null)
          and happened_at < past order by happened_at limit p_limit for update skip locked));
      get diagnostics gone = row_count;
    when 'leads' then
      return forget_leads(past, p_limit);
  end case;
  return jsonb_build_object('gone', gone, 'more', gone = p_limit or more = p_limit);
end $$;

-- Leads of whom nothing was heard or said since: what they wrote first, then they. Not while something is open with them. Who
-- stopped our messages stays known as that, by number and BSUID, because a form with their number must not reach them.
create or replace function forget_leads(p_past timestamptz, p_limit int) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare who uuid[]; gone int; left_over int := 0; t text;
begin
  select array_agg(id) into who from (
    select l.id from leads l
     where greatest(l.last_inbound_at, l.last_outbound_at, l.created_at) < p_past
       and l.taken_over_at is null and l.call_back_at is null
       and (l.forgotten_at is null or l.forgotten_at < greatest(l.last_inbound_at, l.last_outbound_at, l.created_at))
       and not exists (select 1 from runs r where r.lead_id = l.id and r.status <> 'finished')
       and not exists (select 1 from handoffs h where h.lead_id = l.id and h.acknowledged_at is null)
     order by greatest(l.last_inbound_at, l.last_outbound_at, l.created_at), l.id
     limit greatest(p_limit / 50, 1) for update of l skip locked) due;
  if who is null then return jsonb_build_object('gone', 0, 'more', false); end if;
  foreach t in array array['turns', 'lead_messages'] loop
    execute format('delete from %I where id = any(array(select id from %I where lead_id = any($1) limit $2))', t, t) using who, p_limit;
    get diagnostics gone = row_count;
    if gone = p_limit then left_over := left_over + 1; end if;
  end loop;
  if left_over > 0 then return jsonb_build_object('gone', 0, 'more', true); end if;
  insert into erased_files (storage_path, lead_id)
  select distinct b.storage_path, b.lead_id from energy_bills b where b.lead_id = any(who) on conflict (storage_path) do nothing;
  -- what is left of each is a handful of rows
  foreach t in array array['lead_forms', 'lead_referrals', 'lead_plan_offers', 'lead_status', 'handoffs', 'energy_bills', 'runs',
                         'lead_notes', 'lead_contacts'] loop
    execute format('delete from %I where lead_id = any($1)', t) using who;
  end loop;
  delete from lead_consents where lead_id = any(who) and kind = 'coverage_notice';
  update leads set forgotten_at = now(), name = null, email = null, city = null, state = null, ibge_code = null, client_type = null,
         invoice_amount = null, invoice_band = null, holder_name = null, memory = '{}', additional_data = '{}', source = null, updated_at = now()
   where id = any(who) and opted_out_at is not null;
  delete from crm_events where lead_id = any(who);
  perform tell_crm('lead.forgotten', id) from unnest(who) w(id);
  delete from leads where id = any(who) and opted_out_at is null;
  return jsonb_build_object('gone', cardinality(who), 'more', true);
end $$;

-- Files whose rows are gone: to be deleted, and forgotten once they are.
create or replace function files_to_remove(p_limit int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(storage_path), '[]')
    from (select storage_path from erased_files order by erased_at, storage_path limit p_limit) f
$$;
create or replace function files_removed(p_paths text[]) returns jsonb
language sql set search_path = public, pg_temp as $$
  with done as (delete from erased_files where storage_path = any(p_paths) returning 1)
  select jsonb_build_object('removed', (select count(*) from done))
$$;

-- Who was erased, by a hash of an id that says nothing by itself. A copy of this list lies outside the database
-- (flows/conversing/erasures.py), so that a dump of before an erasure, once restored, does not bring the person back.
create table if not exists erasures (
  lead_hash  text primary key,   -- SHA-256 of the lead's id, in hex
  erased_at  timestamptz not null default now()
);
alter table erasures enable row level security;

create or replace function lead_hash(p_lead uuid) returns text language sql immutable as $$
  select encode(sha256(convert_to(p_lead::text, 'UTF8')), 'hex')
$$;

-- The lead, and those that were merged into it: a dump may hold them apart.
create or replace function list_erasure(p_lead leads) returns void
language sql set search_path = public, pg_temp as $$
  insert into erasures (lead_hash)
  select lead_hash(id) from (select p_lead.id union select uuid_of(m)
           from jsonb_array_elements_text(coalesce(p_lead.additional_data->'merged_from', '[]')) m) ids(id) where id is not null
  on conflict (lead_hash) do nothing
$$;

create or replace function listed_erasures() returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(lead_hash order by erased_at, lead_hash), '[]') from erasures
$$;

-- After a restore: erases whoever is on the list and stands here again. Safe at any time; returns how many it were.
create or replace function erase_listed(p_hashes text[]) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare who uuid; gone int := 0;
begin
  insert into erasures (lead_hash) select distinct h from unnest(p_hashes) h where h ~ '^[0-9a-f]{64}$'
  on conflict (lead_hash) do nothing;
  for who in select l.id from leads l where exists (select 1 from erasures e where e.lead_hash = lead_hash(l.id)) order by l.id loop
    perform ops_erase(who, 'migrate', null);
    gone := gone + 1;
  end loop;
  return jsonb_build_object('erased', gone);
end $$;
