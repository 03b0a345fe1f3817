-- What goes out: wanted under a key that makes it one, looked at once more before the call, and how the call went.

-- Wants one message that no lead's message asked for: the template, the reminder. The key makes it one, ever.
-- Refused with "opted_out", or "answer_first" while something is unanswered (p_unless_unanswered).
create or replace function queue_message(p_run uuid, p_claim int, p_key text, p_text text, p_content jsonb,
                                         p_template jsonb, p_unless_unanswered boolean) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare r runs; out_id uuid; is_new boolean := true;
begin
  r := held_run(p_run, p_claim);
  if r.id is null then return jsonb_build_object('outcome', 'superseded'); end if;
  if exists (select 1 from leads where id = r.lead_id and opted_out_at is not null) then
    return jsonb_build_object('outcome', 'opted_out');
  end if;
  if p_unless_unanswered and exists (select 1 from lead_messages
      where lead_id = r.lead_id and message_direction = 'user' and answered_at is null) then
    return jsonb_build_object('outcome', 'answer_first');
  end if;
  insert into lead_messages (lead_id, run_id, message_direction, message_type, message_content, content, template, asked,
                             delivery_status, dedupe_key)
  values (r.lead_id, r.id, 'bot', case when p_template is null then 'text' else 'template' end, p_text, p_content,
          p_template, case when p_key like 'reminder:%' then waiting_question(r.lead_id) end, 'queued', p_key)
  on conflict (dedupe_key) do nothing returning id into out_id;
  if out_id is null then
    is_new := false;
    -- a failed one is wanted again (an operator's Retry); anything else stands as it is
    update lead_messages set delivery_status = 'queued', attempts = 0, not_before = null, wamid = null
     where dedupe_key = p_key and delivery_status = 'failed';
    select id into out_id from lead_messages where dedupe_key = p_key;
  elsif p_key like 'reminder:%' then
    update runs set reminders = reminders + 1, woken = false where id = r.id;
  end if;
  return jsonb_build_object('outcome', 'queued', 'message_id', out_id, 'new', is_new);
end $$;

-- The same for a person at a desk, outside any run: an operator's reminder.
create or replace function queue_for_lead(p_lead uuid, p_key text, p_text text, p_content jsonb, p_template jsonb)
returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare out_id uuid;
begin
  if exists (select 1 from leads where id = p_lead and opted_out_at is not null) then
    return jsonb_build_object('outcome', 'opted_out');
  end if;
  insert into lead_messages (lead_id, message_direction, message_type, message_content, content, template, asked,
                             delivery_status, dedupe_key)
  values (p_lead, 'bot', case when p_template is null then 'text' else 'template' end, p_text, p_content, p_template,
          case when p_key like 'reminder:%' then waiting_question(p_lead) end, 'queued', p_key)
  on conflict (dedupe_key) do nothing returning id into out_id;
  return jsonb_build_object('outcome', case when out_id is null then 'known' else 'queued' end, 'message_id', out_id);
end $$;

-- The last look before a call leaves: marks it `sending` and says to whom and what. "settled" when it went already.
-- A person's message does not go out after a stop, nor the assistant's to a lead with whom a person speaks by now, whether
-- it was put off or its outcome is unknown. (What the assistant says after the take-over confirms a stop or an erasure.)
-- The button of the welcome template gets a secret of this send (tapped_lead); what is stored of the template has none, so
-- that it is told to nobody but the phone.
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
    'last_inbound_at', l.last_inbound_at, 'attempts', m.attempts + 1, 'error_code', m.error_code);
end $$;

-- How the call went: accepted, refused (again after p_after seconds), failed for good, or unknown.
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
    -- (Past the window a template may still reach them: flows.conversing.sending tells a person if none does.)
    if p_outcome not in ('refused', 'unknown') and p_code is distinct from 131047 then perform tell_of_failure(m, p_code); end if;
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
                               'not_before', not_before, 'attempted_at', attempted_at, 'is_reply', is_reply(m))
       from lead_messages m where id = p_message),
    -- erased: nothing of it is to be sent again
    '{"status": "failed", "error_code": null, "attempts": 0, "not_before": null, "attempted_at": null}')
$$;

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
