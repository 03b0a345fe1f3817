-- What comes in: deliveries of WhatsApp and the form. Each function is one transaction.

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

create or replace function status_rank(p_status text) returns int language sql immutable as $$
  select case p_status when 'queued' then 0 when 'sending' then 0 when 'uncertain' then 0 when 'accepted' then 1
                       when 'sent' then 2 when 'delivered' then 3 when 'read' then 4 when 'played' then 5 else -1 end
$$;

-- Whether WhatsApp has reported this send as failed, however late the other news about it come.
create or replace function status_failed(p_wamid text) returns boolean
language sql stable set search_path = public, pg_temp as $$
  select exists (select 1 from webhook_events where event_key = 's:' || p_wamid || ':failed')
$$;

-- What a failed status asks, by Meta's code: the table of flows.adapters.whatsapp.codes, to which a test holds it. `again`
-- refused for now; `mend` a fault of the account or of ours, which a person has to mend before anything goes out; `closed`
-- outside the 24-hour window; `gone` not reachable there; `opted_out`; `give_up` whatever else, also what is not listed.
create or replace function failure_asks(p_code int) returns text language sql immutable as $$
  select case
    when p_code in (1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 132069, 133004, 133016) then 'again'
    when p_code in (0, 3, 10, 33, 100, 190, 368, 130497, 131005, 131008, 131009, 131031, 131037, 131042, 131045, 131048,
                    131053, 131063, 131064, 133010, 135000)
      or p_code between 200 and 299 or p_code between 132000 and 132999 then 'mend'
    when p_code = 131047 then 'closed'
    when p_code in (130403, 131021, 131026, 131030) then 'gone'
    when p_code = 131050 then 'opted_out'
    else 'give_up' end
$$;

-- A message of the assistant's that is an answer to the lead, and no template or reminder.
create or replace function is_reply(p_message lead_messages) returns boolean language sql immutable as $$
  select p_message.message_direction = 'bot' and p_message.template is null
         and coalesce(p_message.dedupe_key, '') not like 'reminder:%'
$$;

-- One open hand-over per reason; a changed mind changes what it says.
create or replace function hand_to_person(p_lead uuid, p_reason text, p_summary jsonb) returns void
language plpgsql set search_path = public, pg_temp as $$
begin
  update handoffs set summary = coalesce(p_summary, '{}')
   where lead_id = p_lead and reason = p_reason and acknowledged_at is null;
  if not found then
    insert into handoffs (lead_id, reason, summary) values (p_lead, p_reason, coalesce(p_summary, '{}'));
  end if;
end $$;

-- A message has failed for good: nobody heard it. A person learns of it, unless one has the lead, or WhatsApp does not
-- reach that number at all with our first word, or the person wants none.
create or replace function tell_of_failure(p_message lead_messages, p_code int) returns void
language plpgsql set search_path = public, pg_temp as $$
begin
  if failure_asks(p_code) = 'opted_out'
     or not (is_reply(p_message) or (p_message.dedupe_key like 'template:%' and failure_asks(p_code) <> 'gone'))
     or exists (select 1 from leads where id = p_message.lead_id and (taken_over_at is not null or opted_out_at is not null)) then
    return;
  end if;
  perform hand_to_person(p_message.lead_id, 'not_delivered', jsonb_build_object('code', p_code));
end $$;

-- What was not delivered was not said: takes the conversation back to where the lead left it. The replies that failed since
-- the last one that they may have got, or since a person wrote, are forgotten: what the assistant remembers, the stage and
-- the plans shown are again those of before them, and what they answered waits for an answer (not what a person left without
-- one). A stop stays one. Called when the lead writes, for only then can anything be said again.
create or replace function take_back_unheard(p_lead uuid) returns void
language plpgsql set search_path = public, pg_temp as $$
declare heard bigint; failed uuid[]; first turns;
begin
  if exists (select 1 from leads where id = p_lead and (opted_out_at is not null or taken_over_at is not null)) then return; end if;
  select m.seq into heard from lead_messages m
   where m.lead_id = p_lead and m.message_direction <> 'user' and m.delivery_status is distinct from 'failed'
     and (m.message_direction = 'agent' or is_reply(m)) order by m.seq desc limit 1;
  select array_agg(m.id) into failed from lead_messages m
   where m.lead_id = p_lead and m.seq > coalesce(heard, 0) and m.delivery_status = 'failed' and is_reply(m);
  if failed is null or exists (select 1 from turns where message_id = any(failed) and stage = 'OPTED_OUT') then return; end if;
  select * into first from turns where message_id = any(failed) order by id limit 1;
  if first.id is not null then
    perform set_stage(p_lead, first.lead->>'stage');
    update leads set memory = coalesce(nullif(first.why->'before', 'null'), memory),
           qualification_status = coalesce(first.lead->>'qualification', qualification_status)
     where id = p_lead;
    delete from lead_plan_offers where lead_id = p_lead and offered_at >= first.at and chosen_at is null;
  end if;
  update lead_messages set answered_at = null, answered_by = null
   where lead_id = p_lead and answered_by = any(failed) and left_at is null;
  -- it is said again, so nobody else has to say it
  delete from handoffs where lead_id = p_lead and reason = 'not_delivered' and acknowledged_at is null;
end $$;

-- A status of one of our messages, found by our own id or its wamid, never by recipient fields.
create or replace function apply_status(p_event jsonb) returns uuid
language plpgsql set search_path = public, pg_temp as $$
declare m lead_messages; new_status text := p_event->>'status'; code int := (p_event->>'error_code')::int;
        tracker uuid := uuid_of(p_event->>'tracker'); asks text := failure_asks((p_event->>'error_code')::int);
begin
  select * into m from lead_messages where id = tracker or wamid = p_event->>'wamid'
   order by (wamid = p_event->>'wamid') desc nulls last limit 1 for update;
  if m.id is null or m.message_direction = 'user' then return null; end if;
  if m.template is not null and p_event->>'wamid' is not null then
    -- of which send it tells can be said as long as no other send of the message lacks its wamid
    update template_secrets s set wamid = p_event->>'wamid'
     where s.message_id = m.id and s.wamid is null
       and not exists (select 1 from template_secrets o where o.message_id = m.id and o.seq <> s.seq
                        and (o.wamid is null or o.wamid = p_event->>'wamid'));
  end if;
  if new_status = 'failed' then
    -- failed after delivered: one device of several; any `delivered` means that the person has it.
    -- Failed under another wamid: an earlier attempt, which says nothing about the later one.
    if status_rank(m.delivery_status) < 3 and (m.wamid is null or m.wamid = p_event->>'wamid') then
      if asks = 'again' and m.attempts < 4 then
        -- refused for now: wanted again, later each time
        update lead_messages set delivery_status = 'queued', error_code = code, wamid = null,
               not_before = now() + make_interval(secs => 15 * power(4, greatest(m.attempts - 1, 0))) where id = m.id;
      elsif asks = 'mend' then
        -- nobody's fault and nobody's failure: it waits for the mend (flows.conversing.sending.later)
        update lead_messages set delivery_status = 'queued', error_code = code, wamid = null,
               not_before = now() + make_interval(secs => least(60 * power(2, m.attempts / 4), 1800)) where id = m.id;
      elsif asks = 'closed' and is_reply(m) and m.attempts < 4 then
        -- the worker has a template, or gives it to a person
        update lead_messages set delivery_status = 'queued', error_code = code, wamid = null, not_before = now() where id = m.id;
      else
        update lead_messages set delivery_status = 'failed', error_code = code,
               wamid = coalesce(wamid, p_event->>'wamid') where id = m.id;
        perform tell_of_failure(m, code);
      end if;
    end if;
    if asks = 'gone' then
      update leads set unreachable_at = now(), unreachable_code = code where id = m.lead_id;
    elsif asks = 'opted_out' then
      update leads set opted_out_at = coalesce(opted_out_at, now()) where id = m.lead_id;
    end if;
    if exists (select 1 from lead_messages where lead_id = m.lead_id and message_direction = 'user' and answered_at is null) then
      perform take_back_unheard(m.lead_id);  -- they wrote in the meantime
    end if;
  elsif status_rank(new_status) > status_rank(m.delivery_status)
    -- a `sent` that comes after its own `failed` is old news; only a device's word is better than that
    and (status_rank(new_status) >= 3 or not status_failed(p_event->>'wamid')) then
    -- also settles `sending` and `uncertain`, and revives a `failed` that reached a device after all
    update lead_messages set delivery_status = new_status, wamid = coalesce(wamid, p_event->>'wamid'),
           error_code = null, pricing = coalesce(p_event->'raw'->'pricing', pricing) where id = m.id;
    update leads set last_outbound_at = greatest(last_outbound_at, m.created_at), unreachable_at = null,
           unreachable_code = null where id = m.lead_id;
  end if;
  return m.lead_id;
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
  update leads set updated_at = now(),
    opted_out_at = case when stop then coalesce(opted_out_at, at) else null end,
    conversation_state = case when stop then 'OPTED_OUT'
                              when conversation_state = 'OPTED_OUT' then 'INITIAL' else conversation_state end
   where id = who;
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
-- p_events: the list that webhook/payload.py makes. Returns {"stored", "duplicates", "refused", "dispatch": [...],
-- "faults": codes of failed statuses that a person has to mend}.
-- Planning its statements anew for each delivery, which is the default with arrays, would take half of its time; and a
-- plan that is kept must not be one for the empty tables of the first minute. Everything here is looked up by a key.
create or replace function receive_delivery(p_events jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare e jsonb; who uuid; stored int := 0; refused int := 0; woken uuid[] := '{}'; settled uuid[] := '{}';
        dispatch jsonb := '[]'; one jsonb; faults int[] := '{}';
begin
  perform lock_people(p_events);
  -- What people did in its order; then what names nobody (statuses, errors, leftovers) by key, so that two deliveries
  -- insert the same keys in the same order.
  for e in select x from jsonb_array_elements(p_events) with ordinality o(x, n)
             cross join lateral (select x->>'kind' not in ('message', 'number_changed', 'user_id_update', 'user_preferences')) k(later)
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
            faults := faults || (e->>'error_code')::int;
          end if;
        when 'user_id_update' then
          who := change_user_id(e->>'previous', e->>'current', e->>'phone', e->>'wa_id');
          if who is not null then woken := woken || who; end if;
        when 'user_preferences' then
          perform apply_preference(e);
        when 'number_changed' then
          who := change_number(e->>'bsuid', e->>'old_phone', e->>'new_phone', e->>'new_wa_id', (e->>'at')::timestamptz);
          if who is not null then woken := woken || who; end if;
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
                            'dispatch', dispatch, 'faults', to_jsonb(faults));
end $$;

-- The form: saved first, whatever happens next. Returns the lead, and whether the activation flow has to start.
-- A repeat within a day is one lead and one template, unless that template could not be sent. (One that was put off is
-- still to be sent: by the dispatcher.)
create or replace function save_form(p_form jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare who uuid; r runs; act text := 'start'; before_state text;
begin
  perform lock_identities(array[p_form->>'phone']);
  select id, conversation_state into who, before_state from leads where phone_number = p_form->>'phone' for no key update;
  if who is null then
    insert into leads (phone_number, source) values (p_form->>'phone', 'form') returning id into who;
  end if;
  update leads set
    -- null means not given, never "forget what you know"
    name = coalesce(p_form->>'name', name), email = coalesce(p_form->>'email', email),
    city = coalesce(p_form->>'city', city), state = coalesce(p_form->>'state', state),
    ibge_code = coalesce((p_form->>'ibge_code')::int,
                         case when coalesce(p_form->>'city', city) is not distinct from city then ibge_code end),
    client_type = coalesce(p_form->>'client_type', client_type),
    invoice_amount = coalesce((p_form->>'invoice_amount')::numeric, invoice_amount),
    invoice_band = coalesce(p_form->>'invoice_band', invoice_band),
    source = coalesce(p_form->>'source', source),
    conversation_state = case when last_inbound_at is null or conversation_state = 'OPTED_OUT' then 'FORM_SUBMITTED'
                              else conversation_state end,
    -- ticking the box again is a new consent, kept below as evidence
    opted_out_at = null, updated_at = now(),
    additional_data = additional_data || coalesce(p_form->'additional_data', '{}')
  where id = who;
  insert into lead_status (lead_id, from_state, to_state, actor)
  select who, before_state, conversation_state, 'lead' from leads
   where id = who and conversation_state is distinct from before_state;
  insert into lead_consents (lead_id, kind, granted, text_version, evidence)
  values (who, 'whatsapp_contact', true, p_form->>'consent_text_version', coalesce(p_form->'evidence', '{}'));

  select * into r from runs where lead_id = who and flow = 'lead-activation'
     and (status <> 'finished' or (created_at > now() - interval '24 hours' and outcome in ('sent', 'put off')
          and exists (select 1 from lead_messages m where m.run_id = runs.id and m.delivery_status <> 'failed')))
   order by created_at desc limit 1;
  if r.id is not null then
    act := 'nothing';
  else
    insert into runs (lead_id, flow, next_dispatch_at) values (who, 'lead-activation', now() + interval '3 seconds')
    on conflict (lead_id, flow) where status <> 'finished' do nothing returning * into r;
    -- a flow run started by hand was faster
    if r.id is null then act := 'nothing'; end if;
  end if;
  return jsonb_build_object('action', act, 'lead_id', who, 'run_id', r.id, 'flow', 'lead-activation',
                            'flow_run_id', r.flow_run_id, 'generation', r.generation, 'reason', 'form');
end $$;
