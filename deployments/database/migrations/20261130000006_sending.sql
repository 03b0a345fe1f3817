-- What goes out: wanted under a key that makes it one, looked at once more before the call, how the call went, and what the
-- statuses say of it afterwards.

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

-- A status of one of our messages, found by our own id or its wamid, never by recipient fields. Returns the lead whose run is to
-- hear of it.
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
  -- Who waits for this outcome, or has something to send again. What else WhatsApp tells of a message that it took would wake
  -- a waiting run three times a turn, for nothing.
  return case when new_status = 'failed' or m.delivery_status in ('sending', 'uncertain') then m.lead_id end;
end $$;

-- Wants one message that no lead's message asked for: the template, the reminder. The key makes it one, ever. Not queued where
-- may_start says so: the outcome is then its reason ("opted_out", "answer_first", …).
create or replace function queue_message(p_run uuid, p_claim int, p_key text, p_text text, p_content jsonb,
                                         p_template jsonb, p_asked text, p_most int) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare r runs; m lead_messages; said jsonb;
begin
  r := held_run(p_run, p_claim);
  if r.id is null then return jsonb_build_object('outcome', 'superseded'); end if;
  select * into m from lead_messages where dedupe_key = p_key;
  if m.id is not null and m.delivery_status <> 'failed' then
    return jsonb_build_object('outcome', 'queued', 'message_id', m.id, 'new', false);
  end if;
  said := may_start(r.lead_id, kind_of(p_key), p_asked, p_but => m.id, p_most => p_most, p_template => p_template);
  -- A template that the account keeps waiting waits as a message of its own, and begin_send asks again.
  if said->>'verdict' <> 'go' and not (waits_for_account(said) and kind_of(p_key) in ('welcome', 'template')) then return said || jsonb_build_object('outcome', said->>'reason'); end if;
  if m.id is not null then
    -- a failed one is wanted again (an operator's Retry)
    update lead_messages set delivery_status = 'queued', attempts = 0, not_before = null, wamid = null, withdrawn_at = null
     where id = m.id;
    return jsonb_build_object('outcome', 'queued', 'message_id', m.id, 'new', false);
  end if;
  m.id := queue_started(r.lead_id, r.id, p_key, p_text, p_content, p_template);
  if p_key like 'reminder:%' then
    -- an operator's wish is for this one
    update runs set reminders = reminders + 1, woken = false, asked_due_at = null where id = r.id;
  end if;
  return jsonb_build_object('outcome', 'queued', 'message_id', m.id, 'new', true);
end $$;

create or replace function queue_started(p_lead uuid, p_run uuid, p_key text, p_text text, p_content jsonb, p_template jsonb)
returns uuid language sql set search_path = public, pg_temp as $$
  insert into lead_messages (lead_id, run_id, message_direction, message_type, message_content, content, template, asked,
                             delivery_status, dedupe_key)
  values (p_lead, p_run, 'bot', case when p_template is null then 'text' else 'template' end, p_text, p_content, p_template,
          case when p_key like 'reminder:%' then waiting_question(p_lead) end, 'queued', p_key)
  on conflict (dedupe_key) do nothing returning id
$$;

-- The same for a person at a desk, outside any run: an operator's reminder. "known" when the key was used before.
create or replace function queue_for_lead(p_lead uuid, p_key text, p_text text, p_content jsonb, p_template jsonb,
                                          p_asked text default 'once')
returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare out_id uuid; said jsonb;
begin
  perform 1 from leads where id = p_lead for no key update;
  if exists (select 1 from lead_messages where dedupe_key = p_key) then
    return jsonb_build_object('outcome', 'known', 'message_id', null);
  end if;
  said := may_start(p_lead, kind_of(p_key), p_asked, p_template => p_template);
  if said->>'verdict' <> 'go' then return said || jsonb_build_object('outcome', said->>'reason', 'message_id', null); end if;
  out_id := queue_started(p_lead, null, p_key, p_text, p_content, p_template);
  return jsonb_build_object('outcome', case when out_id is null then 'known' else 'queued' end, 'message_id', out_id);
end $$;

-- The last look before a call leaves: marks it `sending` and says to whom and what. "settled" when it went already.
-- What we start ourselves goes out only while may_start says so ("later" where it says wait), and nothing of the assistant's
-- to a lead with whom a person speaks by now, whether it was put off or its outcome is unknown. (What the assistant says after the take-over confirms a stop or an erasure.)
-- The button of the welcome template gets a secret of this send (tapped_lead); what is stored of the template has none, so
-- that it is told to nobody but the phone.
-- `p_again`: the attempt whose status was waited for in vain. Of two who waited (a worker that was taken for dead, and who
-- took its run) one repeats it; to the other it is the next attempt, of which nothing is known yet.
create or replace function begin_send(p_message uuid, p_again int) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare m lead_messages; l leads; secret text; said jsonb; code int; repeats boolean;
begin
  select * into m from lead_messages where id = p_message for update;
  repeats := coalesce(m.delivery_status in ('sending', 'uncertain') and m.attempts = p_again, false);
  select * into l from leads where id = m.lead_id;
  if (m.template is not null or m.dedupe_key like 'reminder:%' or m.message_direction = 'agent')
     and (m.delivery_status = 'queued' or repeats) then
    -- Wanted some time ago, and put off since: the rule is asked once more. Only answers to what they wrote go out anyhow.
    said := may_start(m.lead_id, kind_of(m.dedupe_key), p_but => m.id);
    -- (Whoever wrote since a send of unknown outcome gets an answer, and not once more what asked for a word of theirs.)
    if said->>'verdict' = 'no' and said->>'reason' <> 'window_closed' or repeats and said->>'reason' = 'answer_first' then
      code := case when said->>'reason' = 'opted_out' then 131050 end;
      update lead_messages set delivery_status = 'failed', error_code = code,
             withdrawn_at = case when code is null then now() end where id = m.id;
      return jsonb_build_object('outcome', 'failed', 'error_code', code);
    elsif said->>'verdict' = 'wait' and m.delivery_status = 'queued' then
      update lead_messages set not_before = coalesce((said->>'until')::timestamptz, now() + case
        when waits_for_account(said) then interval '15 minutes' else interval '30 seconds' end) where id = m.id;
      return jsonb_build_object('outcome', 'later', 'reason', said->>'reason');
    end if;
  end if;
  if l.taken_over_at is not null and m.message_direction = 'bot'
     and (m.created_at < l.taken_over_at or m.dedupe_key like 'reminder:%')
     and (m.delivery_status = 'queued' or repeats) then
    update lead_messages set delivery_status = 'failed', error_code = null, withdrawn_at = now() where id = m.id;
    return jsonb_build_object('outcome', 'failed', 'error_code', null);
  end if;
  -- (A notice whose outcome nobody knows is not repeated: rather none than two of what is written to somebody who does not wait.)
  if m.id is null or not (m.delivery_status = 'queued' or (repeats and kind_of(m.dedupe_key) <> 'notice')) then
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
    'last_inbound_at', l.last_inbound_at, 'attempts', m.attempts + 1, 'error_code', m.error_code);
end $$;

-- How the call went: accepted, refused (again after p_after seconds), refused until a person has mended something (mend, and
-- again likewise), failed for good, or unknown. `p_attempt`: which call; what became of an earlier one than the latest says
-- nothing of that, unless it was accepted.
create or replace function record_send(p_message uuid, p_attempt int, p_outcome text, p_wamid text, p_wa_id text, p_bsuid text,
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
  if p_outcome = 'mend' then perform note_fault(p_code); end if;
  if p_outcome = 'accepted' then
    if m.template is not null and m.attempts = p_attempt then
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
  elsif m.delivery_status in ('sending', 'uncertain', 'queued') and m.attempts = p_attempt then
    if m.delivery_status = 'sending' and p_outcome <> 'unknown' then
      -- this send reached nobody, so nobody knows its secret
      delete from template_secrets
       where wamid is null and seq = (select max(seq) from template_secrets where message_id = m.id);
    end if;
    update lead_messages set error_code = p_code,
      delivery_status = case when p_outcome in ('refused', 'mend') then 'queued' when p_outcome = 'unknown' then 'uncertain' else 'failed' end,
      not_before = case when p_outcome in ('refused', 'mend') then now() + make_interval(secs => coalesce(p_after, 1)) end
     where id = m.id;
    -- (Past the window a template may still reach them: flows.conversing.sending tells a person if none does.)
    if p_outcome not in ('refused', 'mend', 'unknown') and p_code is distinct from 131047 then perform tell_of_failure(m, p_code); end if;
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
language plpgsql stable set search_path = public, pg_temp as $$
begin
  return coalesce(
    (select jsonb_build_object('status', delivery_status, 'error_code', error_code, 'attempts', attempts,
                               'not_before', not_before, 'heard_since', heard_since(attempted_at), 'is_reply', is_reply(m),
                               'withdrawn', withdrawn_at is not null)
       from lead_messages m where id = p_message),
    -- erased: nothing of it is to be sent again
    '{"status": "failed", "error_code": null, "attempts": 0, "not_before": null, "heard_since": null}');
end $$;

-- A lead is given to a person by the run that has it.
create or replace function hand_over(p_run uuid, p_claim int, p_reason text, p_summary jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare r runs;
begin
  r := held_run(p_run, p_claim);
  if r.id is null then return jsonb_build_object('outcome', 'superseded'); end if;
  perform hand_to_person(r.lead_id, p_reason, p_summary);
  return jsonb_build_object('outcome', 'handed_over');
end $$;
