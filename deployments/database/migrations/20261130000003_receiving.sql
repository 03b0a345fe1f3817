-- What comes in from WhatsApp. Each function is one transaction.

-- Decides what a lead's conversation needs now that something is unanswered, and claims that decision:
-- start a run, wake the parked one, or nothing, because a live run sees the message.
create or replace function wake_conversation(p_lead uuid) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare r runs; act text := 'nothing';
begin
  select * into r from runs where lead_id = p_lead and flow = 'conversation' and status <> 'finished' for update;
  if r.id is null then
    insert into runs (lead_id, flow, next_dispatch_at) values (p_lead, 'conversation', now() + interval '3 seconds')
    on conflict (lead_id, flow) where status <> 'finished' do nothing
    returning * into r;
    if r.id is not null then act := 'start'; end if;
  elsif r.status = 'parked' then
    update runs set status = 'waking', next_dispatch_at = now() + interval '3 seconds', updated_at = now()
     where id = r.id returning * into r;
    act := 'resume';
  elsif r.losses > 0 then
    -- It was put off because it came to nothing; whoever writes is tried at once.
    update runs set losses = 0, next_dispatch_at = least(next_dispatch_at, now() + interval '3 seconds'), updated_at = now()
     where id = r.id returning * into r;
    if r.status = 'requested' and r.flow_run_id is null then act := 'start'; end if;
  end if;
  return jsonb_build_object('action', act, 'lead_id', p_lead, 'run_id', r.id, 'flow', 'conversation',
                            'flow_run_id', r.flow_run_id, 'generation', r.generation, 'reason', 'message');
end $$;

-- Whether something that by itself wants no answer (webhook/message.py) gets one all the same: a reaction to what the
-- assistant said, and whatever comes first from somebody with whom nobody has spoken yet. A reaction that was taken back
-- means nothing, and one to a person who has the conversation is that person's.
create or replace function answered_all_the_same(p_lead uuid, p_event jsonb) returns boolean
language plpgsql stable set search_path = public, pg_temp as $$
begin
  if p_event->>'type' is distinct from 'sticker'
     and (p_event->>'type' is distinct from 'reaction' or coalesce(p_event->>'text', '') = '') then
    return false;
  end if;
  return not exists (select 1 from leads where id = p_lead and taken_over_at is not null)
    and (not exists (select 1 from lead_messages
                      where lead_id = p_lead and message_direction <> 'user' and template is null
                        and delivery_status is distinct from 'failed')
         or (p_event->>'type' = 'reaction'
             and exists (select 1 from lead_messages where wamid = p_event->>'reply_to' and lead_id = p_lead
                          and message_direction = 'bot')));
end $$;

-- Edits and withdrawals (webhook/message.py) may come in any order with what they are about. Takes everything that this
-- message replaces out of what is unanswered, its content too: a turn that is just being decided over it then records
-- nothing (commit_turn), and the messages that are left are read anew. True when this message itself is out of date:
-- one that was delivered earlier edits it, or takes it back, or edits the same at a later time.
create or replace function replace_unanswered(p_lead uuid, p_event jsonb, p_at timestamptz) returns boolean
language plpgsql set search_path = public, pg_temp as $$
declare original text := p_event->>'replaces'; gone text[];
begin
  if exists (select 1 from lead_messages where replaces_wamid = coalesce(original, p_event->>'wamid') and lead_id = p_lead
              and (original is null or wa_timestamp > p_at)) then
    return true;
  end if;
  if original is null then return false; end if;
  with emptied as (
    update lead_messages set message_type = 'system', message_content = '', payload = null, media = null, location = null,
           answered_at = now()
     where id in (select id from lead_messages where wamid = original
                  union select id from lead_messages where replaces_wamid = original)
       and lead_id = p_lead and message_direction = 'user' and answered_at is null returning wamid)
  select array_agg(wamid) into gone from emptied;
  perform strip_deliveries(gone);
  return false;
end $$;

create or replace function apply_message(p_event jsonb) returns uuid
language plpgsql set search_path = public, pg_temp as $$
declare who uuid; bsuid text := p_event->>'bsuid'; phone text := p_event->>'phone';
        wants boolean := (p_event->>'wants_answer')::boolean; outdated boolean;
        at timestamptz := least(coalesce((p_event->>'at')::timestamptz, now()), now());
begin
  perform join_tapped(p_event);
  -- A number that a person shares finds their form; it takes none away from somebody whom WhatsApp knows under it, or has
  -- told us to have moved there.
  if phone is null and not exists (select 1 from leads
       where (phone_number = p_event->>'shared_phone' and wa_user_id is not null or next_phone_number = p_event->>'shared_phone')
         and id is distinct from (select lead_id from lead_user_ids where wa_user_id = bsuid)) then
    phone := p_event->>'shared_phone';
  end if;
  who := resolve_lead(bsuid, phone, p_event->>'wa_id', p_event->>'profile_name');
  outdated := replace_unanswered(who, p_event, at);
  wants := not outdated and (wants or answered_all_the_same(who, p_event));
  update leads set
    additional_data = additional_data || jsonb_strip_nulls(jsonb_build_object(
      'profile_name', p_event->>'profile_name', 'username', p_event->>'username')),
    -- a late redelivery must not shrink the 24-hour window; a reaction to nothing of ours may not open it
    last_inbound_at = case when wants then greatest(last_inbound_at, at) else last_inbound_at end,
    unreachable_at = null, unreachable_code = null, updated_at = now()
  where id = who;
  insert into lead_messages (lead_id, wamid, message_direction, message_type, message_content, payload, media, location,
                             reply_to_wamid, replaces_wamid, wa_timestamp, answered_at)
  select who, p_event->>'wamid', 'user', e->>'type', coalesce(e->>'text', ''),
         -- the secret behind it is nobody else's business
         case when e->>'payload' like 'ATIVAR\_PERFIL:%' then 'ATIVAR_PERFIL' else e->>'payload' end,
         nullif(e->'media', 'null'), nullif(e->'location', 'null'), p_event->>'reply_to', p_event->>'replaces', at,
         case when wants then null else now() end
    from (select case when outdated then '{"type": "system"}' else p_event end) as shown(e)
  on conflict (wamid) do nothing;
  if jsonb_typeof(p_event->'referral') = 'object' then
    insert into lead_referrals (lead_id, wamid, at, source_type, source_id, source_url, headline, body, ctwa_clid)
    select who, p_event->>'wamid', at, r->>'source_type', r->>'source_id', r->>'source_url', r->>'headline', r->>'body',
           r->>'ctwa_clid' from (select p_event->'referral') x(r)
    on conflict (wamid) do nothing;
  end if;
  if outdated then perform strip_deliveries(array[p_event->>'wamid']); end if;
  if wants then perform take_back_unheard(who); end if;
  return case when wants then who end;
end $$;

-- The system's own stop and resume of marketing messages; a stop counts like a typed one (docs/whatsapp.md 7.1).
create or replace function apply_preference(p_event jsonb) returns void
language plpgsql set search_path = public, pg_temp as $$
declare who uuid; stop boolean := p_event->>'value' = 'stop';
        at timestamptz := least(coalesce((p_event->>'at')::timestamptz, now()), now());
begin
  select lead_id into who from lead_user_ids where wa_user_id = p_event->>'bsuid';
  if who is null then select id into who from leads where phone_number = p_event->>'phone'; end if;
  if who is null or p_event->>'value' not in ('stop', 'resume', 'signup') then return; end if;
  -- Deliveries come in any order: a resume from before the stop is history.
  if not stop and exists (select 1 from leads where id = who and opted_out_at > at) then return; end if;
  if stop then
    update leads set opted_out_at = coalesce(opted_out_at, at), conversation_state = 'OPTED_OUT', updated_at = now()
     where id = who;
  else
    perform lift_opt_out(who);
  end if;
  insert into lead_consents (lead_id, kind, granted, evidence)
  values (who, 'marketing_messages', not stop, jsonb_build_object('origin', 'user_preferences', 'value', p_event->>'value'));
end $$;

-- Locks everybody a delivery is about, before anything is changed: new people by what they are called, known ones by
-- their rows. (A batch holds a message of one lead and a status of another's; the next batch the other way round.)
create or replace function lock_people(p_events jsonb) returns void
language plpgsql set search_path = public, pg_temp as $$
declare user_ids text[]; phones text[]; wa_ids text[]; wamids text[]; trackers uuid[]; tapped uuid[];
begin
  select array_agg(x->>'bsuid') || array_agg(x->>'previous') || array_agg(x->>'current'),
         array_agg(x->>'phone') || array_agg(x->>'shared_phone') || array_agg(x->>'old_phone') || array_agg(x->>'new_phone'),
         array_agg(x->>'wa_id'), array_agg(x->>'wamid') filter (where x->>'kind' = 'status'),
         array_agg(uuid_of(x->>'tracker')), array_agg(tapped_lead(x))
    into user_ids, phones, wa_ids, wamids, trackers, tapped from jsonb_array_elements(p_events) x;
  perform lock_identities(user_ids || phones || wa_ids || array(select phone_number from leads where id = any(tapped)));
  perform 1 from leads where id in (
      select lead_id from lead_user_ids where wa_user_id = any(user_ids)
      union select id from leads where phone_number = any(phones)
      union select id from leads where next_phone_number = any(phones)
      union select id from leads where wa_id = any(wa_ids)
      union select id from leads where id = any(tapped)
      union select lead_id from lead_messages where wamid = any(wamids)
      union select lead_id from lead_messages where id = any(trackers))
   order by id for no key update;
end $$;

-- Stores every event of one delivery once, applies it, and says what the conversations need.
-- p_events: the list that webhook/payload.py makes. Returns {"stored", "duplicates", "refused", "dispatch": [...]}.
-- Planning its statements anew for each delivery, which is the default with arrays, would take half of its time; and a
-- plan that is kept must not be one for the empty tables of the first minute. Everything here is looked up by a key.
create or replace function receive_delivery(p_events jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare e jsonb; who uuid; stored int := 0; refused int := 0; woken uuid[] := '{}'; settled uuid[] := '{}';
        dispatch jsonb := '[]'; one jsonb;
begin
  perform lock_people(p_events);
  -- What people did in its order; then what names nobody (statuses, errors, leftovers) by key, so that two deliveries
  -- insert the same keys in the same order.
  for e in select x from jsonb_array_elements(p_events) with ordinality o(x, n)
             cross join lateral (select x->>'kind' not in ('message', 'echo', 'number_changed', 'user_id_update', 'user_preferences')) k(later)
           order by later, case when later then x->>'key' end, n loop
    insert into webhook_events (event_key, kind, payload) values (e->>'key', e->>'kind', coalesce(e->'raw', e))
      on conflict (event_key) do nothing;
    continue when not found;
    stored := stored + 1;
    begin
      case e->>'kind'
        when 'message' then
          who := apply_message(e);
          if who is not null then woken := woken || who; end if;
        when 'status' then
          who := apply_status(e);
          if who is not null then settled := settled || who; end if;
          if e->>'status' = 'failed' and failure_asks((e->>'error_code')::int) = 'mend' then
            perform note_fault((e->>'error_code')::int);
          end if;
        when 'user_id_update' then
          who := change_user_id(e->>'previous', e->>'current', e->>'phone', e->>'wa_id');
          if who is not null then woken := woken || who; end if;
        when 'user_preferences' then
          perform apply_preference(e);
        when 'number_changed' then
          who := change_number(e->>'bsuid', e->>'old_phone', e->>'new_phone', e->>'new_wa_id', (e->>'at')::timestamptz);
          if who is not null then woken := woken || who; end if;
        when 'account' then
          perform apply_account(e);
        when 'account_error' then
          if failure_asks((e->>'error_code')::int) = 'mend' then perform note_fault((e->>'error_code')::int); end if;
        when 'echo' then
          one := apply_echo(e);
          if jsonb_typeof(one->'dispatch') = 'object' then dispatch := dispatch || (one->'dispatch'); end if;
        else null;
      end case;
    exception when data_exception or check_violation or not_null_violation or program_limit_exceeded then
      -- No repetition would change what this event holds, and refusing the delivery would bring all of it back for days:
      -- the event stays as it came, for a person to look at, and its siblings live.
      update webhook_events set kind = 'refused' where event_key = e->>'key';
      refused := refused + 1;
    end;
  end loop;
  for who in select distinct w from unnest(woken) w
             where exists (select 1 from lead_messages where lead_id = w and message_direction = 'user'
                           and answered_at is null) order by 1 loop
    one := wake_conversation(who);
    perform pg_notify('lead_news', who::text);
    if one->>'action' <> 'nothing' then dispatch := dispatch || one; end if;
  end loop;
  -- a run that waits for the outcome of a send learns it now
  perform pg_notify('lead_news', w::text) from (select distinct unnest(settled) w) s where not w = any(woken);
  return jsonb_build_object('stored', stored, 'duplicates', jsonb_array_length(p_events) - stored, 'refused', refused,
                            'dispatch', dispatch);
end $$;
