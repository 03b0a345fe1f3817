-- Everything of one person: to hand it out, and to delete it for good (LGPD art. 18). What stays of an erasure is the
-- action, with the lead's id and a keyed hash; and for the time that Meta repeats deliveries, hashes of their keys.

create table if not exists erased_events (
  key_hash   text primary key,
  erased_at  timestamptz not null default now()
);
alter table erased_events enable row level security;
create index if not exists erased_events_age on erased_events (erased_at);

-- Files whose rows are gone. Whoever erases deletes them at once; if that fails half-way, the retention does it again.
create table if not exists erased_files (
  storage_path  text primary key,
  lead_id       uuid not null,
  erased_at     timestamptz not null default now()
);
alter table erased_files enable row level security;

create or replace function key_hash(p_key text) returns text language sql immutable as $$
  select encode(sha256(convert_to(p_key, 'UTF8')), 'hex')
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

-- The raw deliveries that concern a person: their messages, the statuses of ours to them, and whatever else names their
-- BSUIDs or numbers. No index helps with the last, since every delivery would pay for it; this reads a week's events,
-- a few times a year. The two common kinds name people in known fields (webhook/shapes.py); only others are searched.
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
    -- WhatsApp's ids of older Brazilian accounts lack the ninth digit (whatsapp-cloud-api.md section 4)
    union select regexp_replace(phone_number, '^\+55(\d\d)9(\d{8})$', '55\1\2') from leads
           where id = p_lead and phone_number ~ '^\+55\d\d9\d{8}$') into names;
  -- as a whole JSON string, so that a number inside a longer one is not meant
  select array_agg('%"' || sign || replace(replace(replace(n, '\', '\\'), '%', '\%'), '_', '\_') || '"%') into patterns
    from unnest(names) n, unnest(array['', '+']) sign where n <> '';
  return query
    select e.* from webhook_events e where e.event_key = any(keys)
    union
    select e.* from webhook_events e where case
      when e.kind = 'status'
        then e.payload->>'recipient_user_id' = any(names) or e.payload->>'recipient_id' = any(names)
             or e.payload->>'biz_opaque_callback_data' = any(trackers)
      when e.kind = 'message' and e.payload->>'type' in (
             'text', 'button', 'interactive', 'image', 'document', 'audio', 'video', 'sticker', 'location', 'reaction')
        then e.payload->>'from_user_id' = any(names) or e.payload->>'from' = any(names)
      else e.payload::text like any(patterns) end;
end $$;

-- Null for an unknown lead. Table by table, rows as they are stored.
create or replace function ops_export(p_lead uuid, p_operator text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare found_rows jsonb; rows jsonb; t text[];
begin
  select jsonb_build_object('leads', jsonb_build_array(to_jsonb(l))) into found_rows from leads l where l.id = p_lead;
  if found_rows is null then return null; end if;
  foreach t slice 1 in array array[
      ['lead_user_ids', 'first_seen_at'], ['lead_consents', 'created_at'], ['lead_messages', 'seq'],
      ['energy_bills', 'created_at'], ['lead_plan_offers', 'offered_at, x.position'], ['lead_status', 'id'],
      ['handoffs', 'created_at'], ['runs', 'created_at'], ['turns', 'id'], ['operator_actions', 'id']] loop
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
         array_agg('m:' || wamid) filter (where message_direction = 'user') into messages, sent, written
    from lead_messages where lead_id = p_lead;
  with gone as (delete from webhook_events where event_key in (select event_key from events_about(p_lead))
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
  select coalesce(array_agg(storage_path), '{}') into paths from erased_files where lead_id = p_lead;
  delete from leads where id = p_lead;
  perform ops_record(p_operator, 'erase', p_lead, jsonb_strip_nulls(jsonb_build_object('person_hash', p_person_hash,
    'messages', messages, 'events', events, 'files', coalesce(array_length(paths, 1), 0))));
  -- a run that waits in memory looks, and finds nobody
  perform pg_notify('lead_news', p_lead::text);
  return jsonb_build_object('outcome', 'done', 'files', to_jsonb(paths), 'flow_runs', to_jsonb(flow_runs));
end $$;

-- What a worker still has in hand when its lead is erased: three functions as before, but for a row that is gone.

-- The file was put into storage before its row, which nobody will ever have: the retention deletes it.
create or replace function keep_bill(p_lead uuid, p_message uuid, p_path text, p_sha256 text, p_mime_type text,
                                     p_size int, p_keep_days int) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare bill energy_bills; known boolean := false;
begin
  perform 1 from leads where id = p_lead for key share;
  if not found then
    insert into erased_files (storage_path, lead_id) values (p_path, p_lead) on conflict (storage_path) do nothing;
    return jsonb_build_object('bill_id', gen_random_uuid(), 'known', false, 'reading', null);
  end if;
  insert into energy_bills (lead_id, message_id, storage_path, sha256, mime_type, size_bytes, delete_after)
  values (p_lead, p_message, p_path, p_sha256, p_mime_type, p_size, now() + make_interval(days => p_keep_days))
  on conflict (lead_id, sha256) do nothing returning * into bill;
  if bill.id is null then
    known := true;
    select * into bill from energy_bills where lead_id = p_lead and sha256 = p_sha256;
  end if;
  return jsonb_build_object('bill_id', bill.id, 'known', known, 'reading', bill.reading);
end $$;

create or replace function record_send(p_message uuid, p_outcome text, p_wamid text, p_wa_id text, p_bsuid text,
                                       p_code int, p_after double precision) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare m lead_messages; keys text[];
begin
  perform lock_identities(array[p_bsuid]);
  loop
    perform 1 from leads where id = (select lead_id from lead_messages where id = p_message) for no key update;
    -- not found: the lead was merged into another while we waited for it, or the message is gone
    exit when found or not exists (select 1 from lead_messages where id = p_message);
  end loop;
  select * into m from lead_messages where id = p_message for update;
  if m.id is null then
    -- Erased while the call was under way. Its statuses name the person, and this is the first that is known of them.
    keys := status_keys(array[p_wamid]);
    insert into erased_events (key_hash) select key_hash(k) from unnest(keys) k on conflict (key_hash) do nothing;
    delete from webhook_events where event_key = any(keys);
    return jsonb_build_object('status', 'failed', 'error_code', p_code);
  end if;
  if p_outcome = 'accepted' then
    if m.template is not null then
      update template_secrets set wamid = p_wamid
       where wamid is null and seq = (select max(seq) from template_secrets where message_id = m.id);
    end if;
    -- A status may have come before this answer: never step back, and least of all over a failure.
    if not status_failed(p_wamid) then
      update lead_messages set wamid = coalesce(wamid, p_wamid), error_code = null, delivery_status =
        case when status_rank(delivery_status) < 1 then 'accepted' else delivery_status end where id = m.id;
    end if;
    update leads set last_outbound_at = now(), updated_at = now(), wa_id = coalesce(p_wa_id, wa_id)
     where id = m.lead_id;
    if p_bsuid is not null then
      insert into lead_user_ids (wa_user_id, lead_id) values (p_bsuid, m.lead_id) on conflict do nothing;
      -- without it the lead would pass for one that anybody with its phone may take over
      update leads set wa_user_id = p_bsuid where id = m.lead_id and wa_user_id is null
         and exists (select 1 from lead_user_ids u where u.wa_user_id = p_bsuid and u.lead_id = m.lead_id);
    end if;
  elsif m.delivery_status in ('sending', 'uncertain', 'queued') then
    if m.delivery_status = 'sending' and p_outcome <> 'unknown' then
      -- this send reached nobody, so nobody knows its secret
      delete from template_secrets
       where wamid is null and seq = (select max(seq) from template_secrets where message_id = m.id);
    end if;
    update lead_messages set error_code = p_code,
      delivery_status = case p_outcome when 'refused' then 'queued' when 'unknown' then 'uncertain' else 'failed' end,
      not_before = case when p_outcome = 'refused' then now() + make_interval(secs => coalesce(p_after, 1)) end
     where id = m.id;
    if p_outcome = 'unreachable' then
      update leads set unreachable_at = now(), unreachable_code = p_code where id = m.lead_id;
    elsif p_outcome = 'opted_out' then
      update leads set opted_out_at = coalesce(opted_out_at, now()) where id = m.lead_id;
    end if;
  end if;
  select * into m from lead_messages where id = p_message;
  return jsonb_build_object('status', m.delivery_status, 'error_code', m.error_code);
end $$;

create or replace function message_state(p_message uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(
    (select jsonb_build_object('status', delivery_status, 'error_code', error_code, 'attempts', attempts,
                               'not_before', not_before, 'attempted_at', attempted_at)
       from lead_messages where id = p_message),
    -- erased: nothing of it is to be sent again
    '{"status": "failed", "error_code": null, "attempts": 0, "not_before": null, "attempted_at": null}')
$$;

-- Deletes raw deliveries, the hashes of erased ones, and bill rows past their time; returns the files to delete, those
-- of erased people for two days, so that a deletion that failed is repeated.
create or replace function purge(p_event_days int) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare events int; files jsonb;
begin
  delete from webhook_events where received_at < now() - make_interval(days => p_event_days);
  get diagnostics events = row_count;
  delete from erased_events where erased_at < now() - make_interval(days => p_event_days);
  with gone as (delete from energy_bills where delete_after < now() returning storage_path)
  select coalesce(jsonb_agg(storage_path), '[]') into files
    from (select storage_path from gone union select storage_path from erased_files) f;
  delete from erased_files where erased_at < now() - interval '2 days';
  return jsonb_build_object('events', events, 'files', files);
end $$;
