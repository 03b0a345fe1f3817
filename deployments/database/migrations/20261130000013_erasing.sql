-- Everything of one person: to hand it out, and to delete it for good (LGPD art. 18). What stays of an erasure is the
-- action, with the lead's id and a keyed hash; and for the time that Meta repeats deliveries, hashes of their keys.

-- What stays of deliveries that concerned an erased person, for as long as Meta repeats deliveries.
create table if not exists erased_events (
  key_hash   text primary key,
  erased_at  timestamptz not null default now()
);
-- At once, and not only with the grants at the end: a new Supabase project opens every new table to everybody.
alter table erased_events enable row level security;
create index if not exists erased_events_age on erased_events (erased_at);

-- Files whose rows are gone. Whoever erases deletes them at once; if that fails half-way, the retention does it again, until
-- they are gone (files_removed).
create table if not exists erased_files (
  storage_path  text primary key,
  lead_id       uuid not null,
  erased_at     timestamptz not null default now()
);
alter table erased_files enable row level security;
-- However the row of a sent file goes (its own time, its message's, its lead's), whoever deletes files is told of it. No two share one.
create or replace function sent_file_gone() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  insert into erased_files (storage_path, lead_id) values (old.storage_path, old.lead_id) on conflict (storage_path) do nothing;
  return old;
end $$;
create or replace trigger sent_file_gone after delete on sent_files for each row execute function sent_file_gone();

-- A message has one hash, whether it was acted on (m:) or kept aside (xm:): which of the two may change until it comes again.
create or replace function key_hash(p_key text) returns text language sql immutable as $$
  select encode(sha256(convert_to(regexp_replace(p_key, '^xm:', 'm:'), 'UTF8')), 'hex')
$$;

-- A delivery of the past that comes again is a duplicate for `receive_delivery`, and so brings nobody back.
create or replace function refuse_erased_event() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  if exists (select 1 from erased_events where key_hash = key_hash(new.event_key)) then return null; end if;
  return new;
end $$;
create or replace trigger webhook_events_not_erased before insert on webhook_events
  for each row execute function refuse_erased_event();

-- Every key that a status of these messages has or may yet have (webhook/payload.py): one that comes after the erasure
-- names the person too.
create or replace function status_keys(p_wamids text[]) returns text[] language sql immutable as $$
  select coalesce(array_agg('s:' || w || ':' || s), '{}')
    from unnest(p_wamids) w, unnest(array['sent', 'delivered', 'read', 'played', 'failed', 'deleted', 'warning']) s
   where w is not null
$$;

-- The two common kinds of deliveries name people in known fields (webhook/shapes.py): their BSUID and their number, of whom a
-- message is or to whom ours went. Only the others have to be searched as texts.
create or replace function names_plainly(p_kind text, p_payload jsonb) returns boolean language sql immutable as $$
  select p_kind = 'status' or (p_kind = 'message' and coalesce(p_payload->>'type' in (
           'text', 'button', 'interactive', 'image', 'document', 'audio', 'video', 'sticker', 'location', 'reaction'), false))
$$;
create or replace function named_bsuid(p_kind text, p_payload jsonb) returns text language sql immutable as $$
  select case p_kind when 'status' then p_payload->>'recipient_user_id' when 'message' then p_payload->>'from_user_id' end
$$;
create or replace function named_number(p_kind text, p_payload jsonb) returns text language sql immutable as $$
  select case p_kind when 'status' then p_payload->>'recipient_id' when 'message' then p_payload->>'from' end
$$;
create index if not exists webhook_events_bsuid on webhook_events (named_bsuid(kind, payload))
  where named_bsuid(kind, payload) is not null;
create index if not exists webhook_events_number on webhook_events (named_number(kind, payload))
  where named_number(kind, payload) is not null;
create index if not exists webhook_events_tracker on webhook_events ((payload->>'biz_opaque_callback_data'))
  where payload->>'biz_opaque_callback_data' is not null;
create index if not exists webhook_events_unnamed on webhook_events (received_at) where not names_plainly(kind, payload);

-- The raw deliveries that concern a person: their messages, the statuses of ours to them, and whatever else names their
-- BSUIDs or numbers.
create or replace function events_about(p_lead uuid) returns setof webhook_events
language plpgsql stable set search_path = public, pg_temp as $$
declare keys text[]; trackers text[]; names text[]; patterns text[];
begin
  select array_agg('m:' || wamid) filter (where message_direction = 'user')
           || status_keys(array_agg(wamid) filter (where message_direction <> 'user')),
         array_agg(id::text) filter (where message_direction <> 'user')
    into keys, trackers from lead_messages where lead_id = p_lead;
  select array(
    select wa_user_id from lead_user_ids where lead_id = p_lead
    union select wa_user_id from leads where id = p_lead
    union select ltrim(phone_number, '+') from leads where id = p_lead
    union select wa_id from leads where id = p_lead
    union select ltrim(next_phone_number, '+') from leads where id = p_lead
    -- WhatsApp's ids of older Brazilian accounts lack the ninth digit (docs/whatsapp.md 4.3)
    union select regexp_replace(phone_number, '^\+55(\d\d)9(\d{8})$', '55\1\2') from leads
           where id = p_lead and phone_number ~ '^\+55\d\d9\d{8}$') into names;
  -- as a whole JSON string, so that a number inside a longer one is not meant
  select array_agg('%"' || sign || replace(replace(replace(n, '\', '\\'), '%', '\%'), '_', '\_') || '"%') into patterns
    from unnest(names) n, unnest(array['', '+']) sign where n <> '';
  -- a number may come as one
  patterns := patterns || (select array_agg('%: ' || n || e) from unnest(names) n, unnest(array[',%', '}%']) e
                            where n ~ '^[0-9]+$');
  return query
    select e.* from webhook_events e where e.event_key = any(keys)
    union
    select e.* from webhook_events e where names_plainly(e.kind, e.payload) and named_bsuid(e.kind, e.payload) = any(names)
    union
    select e.* from webhook_events e where names_plainly(e.kind, e.payload) and named_number(e.kind, e.payload) = any(names)
    union
    select e.* from webhook_events e where e.kind = 'status' and e.payload->>'biz_opaque_callback_data' = any(trackers)
    union
    select e.* from webhook_events e where not names_plainly(e.kind, e.payload) and e.payload::text like any(patterns);
end $$;

-- Null for an unknown lead. Table by table, rows as they are stored.
create or replace function ops_export(p_lead uuid, p_operator text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare found_rows jsonb; rows jsonb; t text[];
begin
  select jsonb_build_object('leads', jsonb_build_array(to_jsonb(l))) into found_rows from leads l where l.id = p_lead;
  if found_rows is null then return null; end if;
  foreach t slice 1 in array array[
      ['lead_user_ids', 'first_seen_at'], ['lead_consents', 'created_at'], ['lead_forms', 'created_at'], ['lead_referrals', 'at'],
      ['lead_messages', 'seq'],
      ['energy_bills', 'created_at'], ['sent_files', 'created_at'], ['lead_plan_offers', 'offered_at, x.position'], ['lead_status', 'id'],
      ['handoffs', 'created_at'], ['lead_notes', 'created_at'], ['lead_contacts', 'created_at'], ['runs', 'created_at'], ['turns', 'id'], ['operator_actions', 'id'],
      ['crm_events', 'seq']] loop
    execute format('select coalesce(jsonb_agg(to_jsonb(x) order by x.%s), ''[]'') from %I x where x.lead_id = $1',
                   t[2], t[1]) into rows using p_lead;
    found_rows := found_rows || jsonb_build_object(t[1], rows);
  end loop;
  select coalesce(jsonb_agg(to_jsonb(e) order by e.received_at, e.event_key), '[]') into rows
    from events_about(p_lead) e;
  perform ops_record(p_operator, 'export', p_lead, '{}');
  return found_rows || jsonb_build_object('webhook_events', rows);
end $$;

create or replace function ops_erase(p_lead uuid, p_operator text, p_person_hash text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare keys text[]; sent text[]; written text[]; paths text[]; flow_runs uuid[]; messages int; events int;
begin
  -- A delivery about this person waits, and then finds the keys of what it brings again; a new message opens a new
  -- lead.
  perform lock_identities(array(select wa_user_id from lead_user_ids where lead_id = p_lead)
                          || l.phone_number || l.wa_id) from leads l where l.id = p_lead;
  perform 1 from leads where id = p_lead for update;
  if not found then
    -- the same call once more, because the answer to the first got lost
    if exists (select 1 from operator_actions where lead_id = p_lead and action = 'erase' and operator = p_operator
                and at > now() - interval '1 minute') then
      return jsonb_build_object('outcome', 'done', 'flow_runs', '[]'::jsonb, 'files',
        (select coalesce(jsonb_agg(storage_path), '[]') from erased_files where lead_id = p_lead));
    end if;
    return jsonb_build_object('outcome', 'no_such_lead');
  end if;
  select coalesce(array_agg(flow_run_id), '{}') into flow_runs
    from runs where lead_id = p_lead and status <> 'finished' and flow_run_id is not null;
  -- The keys of what they wrote too (webhook/message.py): the raw deliveries may be purged by now, and come again.
  select count(*), array_agg(wamid) filter (where message_direction <> 'user'),
         array_agg('m:' || wamid) filter (where message_direction <> 'bot') into messages, sent, written
    from lead_messages where lead_id = p_lead;
  with gone as (delete from webhook_events where event_key = any(array(select event_key from events_about(p_lead)))
                returning event_key)
  select array_agg(event_key) into keys from gone;
  events := coalesce(array_length(keys, 1), 0);
  insert into erased_events (key_hash)
  select key_hash(k) from (select unnest(keys) union select unnest(written) union select unnest(status_keys(sent))) s(k)
   where k is not null
  on conflict (key_hash) do update set erased_at = now();
  -- a row of a merged lead may share its file with nobody, but who knows
  insert into erased_files (storage_path, lead_id)
  select distinct b.storage_path, p_lead from energy_bills b where b.lead_id = p_lead
     and not exists (select 1 from energy_bills o where o.storage_path = b.storage_path and o.lead_id <> p_lead)
  on conflict (storage_path) do nothing;
  delete from sent_files where lead_id = p_lead;
  select coalesce(array_agg(storage_path), '{}') into paths from erased_files where lead_id = p_lead;
  perform list_erasure(l) from leads l where l.id = p_lead;
  -- what the CRM has not heard yet of them it need not hear any more, but this
  delete from crm_events where lead_id = p_lead;
  delete from leads where id = p_lead;
  perform tell_crm('lead.erased', p_lead);
  perform ops_record(p_operator, 'erase', p_lead, jsonb_strip_nulls(jsonb_build_object('person_hash', p_person_hash,
    'messages', messages, 'events', events, 'files', coalesce(array_length(paths, 1), 0))));
  -- a run that waits in memory looks, and finds nobody
  perform pg_notify('lead_news', p_lead::text);
  return jsonb_build_object('outcome', 'done', 'files', to_jsonb(paths), 'flow_runs', to_jsonb(flow_runs));
end $$;
