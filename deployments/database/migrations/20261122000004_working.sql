-- What the flows do: claim a run, answer, send, park, finish. Every change asks for the claim that was given,
-- so a worker that lost its lease can no longer act.

create or replace function lead_json(p_lead uuid) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'id', l.id, 'phone_number', l.phone_number, 'wa_user_id', l.wa_user_id, 'name', l.name, 'city', l.city,
    'state', l.state, 'ibge_code', l.ibge_code, 'client_type', l.client_type, 'invoice_amount', l.invoice_amount,
    'stage', l.conversation_state, 'qualification', l.qualification_status, 'opted_out_at', l.opted_out_at,
    'last_inbound_at', l.last_inbound_at, 'last_outbound_at', l.last_outbound_at, 'memory', l.memory,
    'bills', (select count(*) from energy_bills b where b.lead_id = l.id),
    'offers', coalesce((select jsonb_agg(jsonb_build_object('position', o.position, 'plan_id', o.plan_id,
        'name', o.plan_name, 'utility', o.utility_name, 'discount', o.discount, 'fidelity_months', o.fidelity_months,
        'benefits', o.benefits) order by o.position)
      from lead_plan_offers o where o.lead_id = l.id
       and o.offered_at = (select max(offered_at) from lead_plan_offers where lead_id = l.id)), '[]'))
  from leads l where l.id = p_lead
$$;

create or replace function lead(p_lead uuid) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select lead_json(p_lead)
$$;

create or replace function find_lead(p_phone text, p_bsuid text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select lead_json(coalesce(
    (select lead_id from lead_user_ids where wa_user_id = p_bsuid), (select id from leads where phone_number = p_phone)))
$$;

-- The run behind a claim, its lead locked before it; null when the claim is no longer the current one.
create or replace function held_run(p_run uuid, p_claim int) returns runs
language plpgsql set search_path = public, pg_temp as $$
declare r runs;
begin
  loop
    perform 1 from leads where id = (select lead_id from runs where id = p_run and claim = p_claim) for no key update;
    -- not found: the lead was merged into another while we waited for it, or the claim is gone
    exit when found or not exists (select 1 from runs where id = p_run and claim = p_claim);
  end loop;
  select * into r from runs where id = p_run and claim = p_claim and status = 'active' for update;
  return r;
end $$;

-- Outgoing messages of a lead that have not settled, oldest first.
create or replace function unsent_of(p_lead uuid) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'status', delivery_status, 'attempts', attempts,
           'not_before', not_before, 'attempted_at', attempted_at) order by seq), '[]')
    from lead_messages where lead_id = p_lead and delivery_status in ('queued', 'sending', 'uncertain')
$$;

-- Makes this flow run the one that works for the lead. Outcomes: "held", "superseded" (another live run has it),
-- "finished" (nothing left to do).
create or replace function claim_run(p_flow text, p_lead uuid, p_flow_run uuid, p_lease_seconds double precision)
returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare r runs;
begin
  -- by flow run first: the lead of its parameters may have been merged into another since
  select * into r from runs where flow_run_id = p_flow_run and status <> 'finished' for update;
  if r.id is null then
    select * into r from runs where lead_id = p_lead and flow = p_flow and status <> 'finished' for update;
  end if;
  if r.id is null then
    -- an operator pressed Retry on a failed activation
    update runs set status = 'requested', outcome = null where flow_run_id = p_flow_run and flow = 'lead-activation'
       and outcome = 'failed' and not exists (select 1 from runs o where o.lead_id = p_lead and o.flow = p_flow
                                               and o.status <> 'finished') returning * into r;
  end if;
  if r.id is null then
    if exists (select 1 from runs where flow_run_id = p_flow_run)
       and not exists (select 1 from lead_messages m join runs x on x.lead_id = m.lead_id
                       where x.flow_run_id = p_flow_run and m.message_direction = 'user' and m.answered_at is null) then
      return jsonb_build_object('outcome', 'finished');
    end if;
    perform 1 from leads where id = p_lead for no key update;
    if not found then return jsonb_build_object('outcome', 'finished'); end if;
    insert into runs (lead_id, flow) values (p_lead, p_flow)
    on conflict (lead_id, flow) where status <> 'finished' do nothing returning * into r;
    if r.id is null then return jsonb_build_object('outcome', 'superseded'); end if;
  elsif r.flow_run_id is distinct from p_flow_run and r.status = 'active' and r.lease_expires_at > now() then
    return jsonb_build_object('outcome', 'superseded');
  end if;
  update runs set status = 'active', flow_run_id = p_flow_run, claim = claim + 1, attempts = 0, updated_at = now(),
         woken = woken or status in ('parked', 'waking'),
         lease_expires_at = now() + make_interval(secs => p_lease_seconds),
         next_dispatch_at = now() + make_interval(secs => p_lease_seconds)
   where id = r.id returning * into r;
  return jsonb_build_object('outcome', 'held', 'run_id', r.id, 'claim', r.claim, 'lead_id', r.lead_id,
    'wait', r.wait, 'woken', r.woken, 'wake_due_at', r.wake_due_at, 'reminders', r.reminders, 'unsent', unsent_of(r.lead_id));
end $$;

-- Extends the leases of a process's live runs; returns those it still holds.
create or replace function renew_leases(p_runs uuid[], p_claims int[], p_lease_seconds double precision) returns jsonb
language sql set search_path = public, pg_temp as $$
  with mine as (select r.id from runs r join unnest(p_runs, p_claims) as t(id, claim) on r.id = t.id and r.claim = t.claim
                 where r.status = 'active' order by r.lead_id for update of r),
  kept as (update runs r set lease_expires_at = now() + make_interval(secs => p_lease_seconds),
                             next_dispatch_at = now() + make_interval(secs => p_lease_seconds)
             from mine where r.id = mine.id returning r.id)
  select coalesce(jsonb_agg(id), '[]') from kept
$$;

-- What a lead's message is about: the question that our message asked which it quotes or reacts to. Null where it points
-- to nothing of ours, that asked nothing, or the reaction was taken back since.
create or replace function asked_by_quoted(p_message lead_messages) returns text
language sql stable set search_path = public, pg_temp as $$
  select o.asked from lead_messages o
   where o.wamid = p_message.reply_to_wamid and o.lead_id = p_message.lead_id and o.message_direction = 'bot'
     and (p_message.message_type <> 'reaction' or (p_message.message_content <> '' and not exists (
       select 1 from lead_messages n where n.lead_id = p_message.lead_id and n.message_type = 'reaction'
          and n.reply_to_wamid = p_message.reply_to_wamid and n.seq > p_message.seq and n.message_content = '')))
$$;

-- flows.adapters.store.leads.Waiting
create or replace function inbound_json(p_message lead_messages) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', p_message.id, 'wamid', p_message.wamid, 'type', p_message.message_type,
    'text', p_message.message_content, 'payload', p_message.payload, 'media', p_message.media,
    'location', p_message.location, 'about', asked_by_quoted(p_message), 'sent_at', p_message.wa_timestamp,
    'received_at', p_message.created_at)
$$;

-- Everything unanswered of a lead as one batch, with what an answer needs.
create or replace function drain(p_lead uuid) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'messages', coalesce((select jsonb_agg(inbound_json(m) order by seq)
      from lead_messages m where lead_id = p_lead and message_direction = 'user' and answered_at is null), '[]'),
    'unsent', unsent_of(p_lead))
$$;

create or replace function transcript(p_lead uuid, p_limit int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('who', message_direction, 'type', message_type,
           'text', message_content, 'at', created_at) order by seq), '[]')
    from (select * from lead_messages where lead_id = p_lead order by seq desc limit p_limit) t
$$;

-- Puts other words in the place of what a lead wrote, for good: also in the delivery as it came, of which only the
-- envelope stays. p_masked: message ids to texts.
create or replace function mask_messages(p_lead uuid, p_messages uuid[], p_masked jsonb) returns void
language plpgsql set search_path = public, pg_temp as $$
declare m record;
begin
  for m in select l.id, l.wamid, k.value as text from jsonb_each_text(coalesce(nullif(p_masked, 'null'), '{}')) k
             join lead_messages l on l.id = uuid_of(k.key)
            where l.lead_id = p_lead and l.id = any(p_messages) and l.message_direction = 'user' loop
    update lead_messages set message_content = m.text where id = m.id;
    update webhook_events set payload = coalesce((select jsonb_object_agg(e.key, e.value) from jsonb_each(payload) e
             where e.key in ('id', 'from', 'from_user_id', 'timestamp', 'type')), '{}')
     where event_key = 'm:' || m.wamid;
  end loop;
end $$;

-- What a reminder asks again: the question of the journey that waits, and not one that an offer put beside it.
create or replace function waiting_question(p_lead uuid) returns text
language sql stable set search_path = public, pg_temp as $$
  -- flows.assistant.state.State.waiting
  select case when memory->>'asked' in ('person', 'cancel', 'erase') then memory->>'resume' else memory->>'asked' end
    from leads where id = p_lead
$$;

-- One turn: the messages become answered, the reply is recorded as wanted, what was learned is kept. All or nothing.
-- p_reply: flows.domain.Reply as JSON. Returns {"outcome": "committed" | "superseded", "message_id"}.
create or replace function commit_turn(p_run uuid, p_claim int, p_messages uuid[], p_reply jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare r runs; who uuid; out_id uuid; facts jsonb := coalesce(p_reply->'facts', '{}'); old_stage text;
        new_stage text := p_reply->>'stage'; offer jsonb; hand jsonb := nullif(p_reply->'handoff', 'null');
        turn_key text := 'reply:' || p_messages[array_upper(p_messages, 1)];
        why jsonb := nullif(p_reply->'why', 'null'); before_it jsonb;
begin
  r := held_run(p_run, p_claim);
  if r.id is null then return jsonb_build_object('outcome', 'superseded'); end if;
  who := r.lead_id;
  if not exists (select 1 from lead_messages where id = any(p_messages) and lead_id = who and answered_at is null) then
    -- the same turn once more, because the answer to the first call got lost
    return jsonb_build_object('outcome', 'committed',
                              'message_id', (select id from lead_messages where dedupe_key = turn_key));
  end if;
  if why is not null then
    -- the lead as the assistant was handed it, so that the turn can be decided again; its memory is `why.before`
    before_it := lead_json(who) - 'memory' || jsonb_build_object('bills', (select count(*) from energy_bills b
      where b.lead_id = who and not coalesce(b.message_id = any(p_messages), false)));
  end if;
  if jsonb_typeof(p_reply->'content') = 'object' then
    insert into lead_messages (lead_id, run_id, message_direction, message_type, message_content, content, asked,
                               delivery_status, dedupe_key)
    values (who, r.id, 'bot',
            case when jsonb_array_length(coalesce(p_reply->'content'->'buttons', '[]')) > 0
                   or jsonb_array_length(coalesce(p_reply->'content'->'rows', '[]')) > 0 then 'interactive' else 'text' end,
            p_reply->'content'->>'text', p_reply->'content', why->>'asked', 'queued', turn_key)
    returning id into out_id;
  end if;
  perform mask_messages(who, p_messages, p_reply->'masked');
  update runs set woken = false where id = r.id;
  update lead_messages set answered_at = now(), answered_by = out_id
   where id = any(p_messages) and lead_id = who and answered_at is null;
  select conversation_state into old_stage from leads where id = who;
  update leads set
    name = coalesce(facts->>'name', name), city = coalesce(facts->>'city', city),
    state = coalesce(facts->>'state', state),
    ibge_code = coalesce((facts->>'ibge_code')::int, ibge_code),
    client_type = coalesce(facts->>'client_type', client_type), email = coalesce(facts->>'email', email),
    -- what the form said stays; what is said in the chat fills a gap
    invoice_amount = coalesce(invoice_amount, (facts->>'invoice_amount')::numeric),
    conversation_state = coalesce(new_stage, conversation_state),
    qualification_status = coalesce(p_reply->>'qualification', qualification_status),
    memory = coalesce(nullif(p_reply->'memory', 'null'), memory),
    opted_out_at = case when (p_reply->>'opt_out')::boolean then coalesce(opted_out_at, now()) else opted_out_at end,
    human_requested_at = case when hand->>'reason' = 'asked_for_person' then coalesce(human_requested_at, now())
                              else human_requested_at end,
    updated_at = now()
  where id = who;
  if new_stage is distinct from old_stage and new_stage is not null then
    insert into lead_status (lead_id, from_state, to_state) values (who, old_stage, new_stage);
  end if;
  for offer in select * from jsonb_array_elements(coalesce(p_reply->'offers', '[]')) loop
    insert into lead_plan_offers (lead_id, position, plan_id, plan_name, utility_name, discount, fidelity_months, benefits)
    values (who, (offer->>'position')::int, (offer->>'plan_id')::int, offer->>'name', offer->>'utility',
            (offer->>'discount')::numeric, (offer->>'fidelity_months')::int, coalesce(offer->'benefits', '[]'));
  end loop;
  if p_reply->>'chosen' is not null then
    update lead_plan_offers set chosen_at = now() where id = (
      select id from lead_plan_offers where lead_id = who and plan_id = (p_reply->>'chosen')::int
       order by offered_at desc limit 1);
  end if;
  if hand is not null then
    -- one open hand-over per reason; a changed mind changes what it says
    update handoffs set summary = coalesce(hand->'summary', '{}')
     where lead_id = who and reason = hand->>'reason' and acknowledged_at is null;
    if not found then
      insert into handoffs (lead_id, reason, summary) values (who, hand->>'reason', coalesce(hand->'summary', '{}'));
    end if;
  end if;
  if jsonb_typeof(p_reply->'consent') = 'object' then
    insert into lead_consents (lead_id, kind, granted, ibge_code, evidence)
    values (who, 'coverage_notice', (p_reply->'consent'->>'given')::boolean, (p_reply->'consent'->>'ibge_code')::int,
            jsonb_build_object('origin', 'chat', 'message_id', p_messages[array_upper(p_messages, 1)]));
  end if;
  if (p_reply->>'opt_out')::boolean then
    insert into lead_consents (lead_id, kind, granted, evidence)
    values (who, 'whatsapp_contact', false, jsonb_build_object('origin', 'chat', 'message_id', p_messages[1]));
  end if;
  if why is not null then
    insert into turns (run_id, lead_id, message_id, message_ids, answerer, messages, stage, seconds, tokens_in, tokens_out,
                       cost, fallback, broken, why, lead)
    values (r.id, who, out_id, p_messages, why->>'by', cardinality(p_messages), coalesce(new_stage, old_stage),
            (why->>'seconds')::double precision, (why->>'tokens_in')::int, (why->>'tokens_out')::int,
            (why->>'cost')::numeric, why->>'fallback', array(select jsonb_array_elements_text(why->'checks')), why, before_it);
  end if;
  return jsonb_build_object('outcome', 'committed', 'message_id', out_id);
end $$;

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
create or replace function begin_send(p_message uuid, p_again boolean) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare m lead_messages; l leads;
begin
  select * into m from lead_messages where id = p_message for update;
  select * into l from leads where id = m.lead_id;
  if m.delivery_status = 'queued' and l.opted_out_at is not null
     and (m.template is not null or m.dedupe_key like 'reminder:%') then
    -- Wanted before the person said stop, and put off since. Only answers to what they wrote go out now.
    update lead_messages set delivery_status = 'failed', error_code = 131050 where id = m.id;
    return jsonb_build_object('outcome', 'failed', 'error_code', 131050);
  end if;
  if m.id is null or not (m.delivery_status = 'queued' or (p_again and m.delivery_status in ('sending', 'uncertain'))) then
    return jsonb_build_object('outcome', case when m.delivery_status in ('sending', 'uncertain') then 'unknown'
                                              when m.delivery_status = 'failed' then 'failed' else 'settled' end,
                              'error_code', m.error_code);
  end if;
  update lead_messages set delivery_status = 'sending', attempts = attempts + 1, attempted_at = now() where id = m.id;
  return jsonb_build_object('outcome', 'send', 'lead_id', l.id, 'bsuid', l.wa_user_id,
    'phone', coalesce('+' || l.wa_id, l.phone_number), 'content', m.content, 'template', m.template,
    'last_inbound_at', l.last_inbound_at, 'attempts', m.attempts + 1);
end $$;

-- How the call went: accepted, refused (again after p_after seconds), failed for good, or unknown.
create or replace function record_send(p_message uuid, p_outcome text, p_wamid text, p_wa_id text, p_bsuid text,
                                       p_code int, p_after double precision) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare m lead_messages;
begin
  perform lock_identities(array[p_bsuid]);
  loop
    perform 1 from leads where id = (select lead_id from lead_messages where id = p_message) for no key update;
    -- not found: the lead was merged into another while we waited for it, or the message is gone
    exit when found or not exists (select 1 from lead_messages where id = p_message);
  end loop;
  select * into m from lead_messages where id = p_message for update;
  if p_outcome = 'accepted' then
    -- A status may have come before this answer: never step back, and least of all over a failure.
    if not status_failed(p_wamid) then
      update lead_messages set wamid = coalesce(wamid, p_wamid), error_code = null, delivery_status =
        case when status_rank(delivery_status) < 1 then 'accepted' else delivery_status end where id = m.id;
    end if;
    update leads set last_outbound_at = now(), updated_at = now(), wa_id = coalesce(p_wa_id, wa_id) where id = m.lead_id;
    if p_bsuid is not null then
      insert into lead_user_ids (wa_user_id, lead_id) values (p_bsuid, m.lead_id) on conflict do nothing;
      -- without it the lead would pass for one that anybody with its phone may take over
      update leads set wa_user_id = p_bsuid where id = m.lead_id and wa_user_id is null
         and exists (select 1 from lead_user_ids u where u.wa_user_id = p_bsuid and u.lead_id = m.lead_id);
    end if;
  elsif m.delivery_status in ('sending', 'uncertain', 'queued') then
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
  select jsonb_build_object('status', delivery_status, 'error_code', error_code, 'attempts', attempts,
                            'not_before', not_before, 'attempted_at', attempted_at)
    from lead_messages where id = p_message
$$;

-- Lays a run to rest until p_due, refused while anything waits to be answered or sent: so a message is either seen
-- by the run or finds it parked and wakes it.
create or replace function park_run(p_run uuid, p_claim int, p_due timestamptz) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare r runs;
begin
  r := held_run(p_run, p_claim);
  if r.id is null then
    -- parked under this very claim: the answer to the first call got lost
    select * into r from runs where id = p_run and claim = p_claim and status in ('parked', 'waking');
    if r.id is null then return jsonb_build_object('outcome', 'superseded'); end if;
    return jsonb_build_object('outcome', 'parked', 'wait', r.wait);
  end if;
  if exists (select 1 from lead_messages where lead_id = r.lead_id and message_direction = 'user' and answered_at is null)
     or exists (select 1 from lead_messages where lead_id = r.lead_id and delivery_status in ('queued', 'sending', 'uncertain')
                -- one that was put off is the dispatcher's to wake for
                and (delivery_status <> 'queued' or coalesce(not_before, now()) <= now())) then
    return jsonb_build_object('outcome', 'refused');
  end if;
  update runs set status = 'parked', wait = wait + 1, woken = false, wake_due_at = p_due, lease_expires_at = null,
         next_dispatch_at = p_due, updated_at = now() where id = r.id returning * into r;
  return jsonb_build_object('outcome', 'parked', 'wait', r.wait);
end $$;

create or replace function finish_run(p_run uuid, p_claim int, p_outcome text, p_unless_unanswered boolean) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare r runs;
begin
  r := held_run(p_run, p_claim);
  if r.id is null then
    return jsonb_build_object('outcome', case when exists (
      select 1 from runs where id = p_run and claim = p_claim and status = 'finished') then 'finished' else 'superseded' end);
  end if;
  if p_unless_unanswered and exists (select 1 from lead_messages
      where lead_id = r.lead_id and message_direction = 'user' and answered_at is null) then
    return jsonb_build_object('outcome', 'refused');
  end if;
  update runs set status = 'finished', outcome = p_outcome, lease_expires_at = null, updated_at = now() where id = r.id;
  return jsonb_build_object('outcome', 'finished');
end $$;

create or replace function set_stage(p_lead uuid, p_stage text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare old_stage text;
begin
  select conversation_state into old_stage from leads where id = p_lead for update;
  if old_stage is distinct from p_stage then
    update leads set conversation_state = p_stage, updated_at = now() where id = p_lead;
    insert into lead_status (lead_id, from_state, to_state) values (p_lead, old_stage, p_stage);
  end if;
  return jsonb_build_object('from', old_stage, 'to', p_stage);
end $$;

create or replace function keep_bill(p_lead uuid, p_message uuid, p_path text, p_sha256 text, p_mime_type text,
                                     p_size int, p_keep_days int) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare bill energy_bills; known boolean := false;
begin
  insert into energy_bills (lead_id, message_id, storage_path, sha256, mime_type, size_bytes, delete_after)
  values (p_lead, p_message, p_path, p_sha256, p_mime_type, p_size, now() + make_interval(days => p_keep_days))
  on conflict (lead_id, sha256) do nothing returning * into bill;
  if bill.id is null then
    known := true;
    select * into bill from energy_bills where lead_id = p_lead and sha256 = p_sha256;
  end if;
  return jsonb_build_object('bill_id', bill.id, 'known', known, 'reading', bill.reading);
end $$;

-- What was read on a bill: p_reading is flows.domain.BillReading, p_fields the parsed values behind it.
create or replace function record_reading(p_bill uuid, p_reading jsonb, p_fields jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  update energy_bills set reading = p_reading, read_at = now(), read_by = p_fields->>'read_by',
    classification = p_fields->>'classification', holder_name = p_fields->>'holder_name',
    holder_document_last4 = right(p_fields->>'holder_document', 4), utility_name = p_fields->>'utility',
    installation_number = p_fields->>'installation_number',
    reference_month = (p_fields->>'reference_month')::date, due_date = (p_fields->>'due_date')::date,
    total_amount = (p_fields->>'total_amount')::numeric, consumption_kwh = (p_fields->>'consumption_kwh')::int,
    flags = coalesce((select array_agg(f) from jsonb_array_elements_text(coalesce(p_fields->'flags', '[]')) f), '{}'),
    checks = p_fields->'checks'
   where id = p_bill;
  return jsonb_build_object('recorded', found);
end $$;

-- A voice note's words, once they were understood: the transcript then holds them like typed ones.
create or replace function note_transcription(p_message uuid, p_text text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  update lead_messages set message_content = p_text where id = p_message and message_direction = 'user';
  return jsonb_build_object('noted', found);
end $$;

-- What the partnership API can be told of a lead: the form, the latest bill that was read, the plan that was chosen.
create or replace function applicant(p_lead uuid) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'full_name', l.name, 'email', l.email, 'phone', l.phone_number, 'person_type', l.client_type,
    'city', l.city, 'state', l.state, 'bill_value', b.total_amount,
    'partner_lead_id', (select partner_lead_id from handoffs h where h.lead_id = l.id and partner_lead_id is not null
                        order by created_at desc limit 1),
    'partner', (select summary->'partner' from handoffs h where h.lead_id = l.id and reason = 'plan_chosen'
                order by created_at desc limit 1),
    'plan', (select jsonb_build_object('plan_id', o.plan_id, 'name', o.plan_name, 'utility', o.utility_name,
               'discount', o.discount, 'fidelity_months', o.fidelity_months, 'benefits', o.benefits)
             from lead_plan_offers o where o.lead_id = l.id and o.chosen_at is not null order by o.chosen_at desc limit 1))
  from leads l left join lateral (
    select total_amount from energy_bills where lead_id = l.id and total_amount is not null
     order by created_at desc limit 1) b on true
  where l.id = p_lead
$$;

create or replace function note_partner(p_lead uuid, p_partner_lead_id text, p_note jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  update handoffs set partner_lead_id = coalesce(p_partner_lead_id, partner_lead_id),
         summary = summary || jsonb_build_object('partner', p_note)
   where lead_id = p_lead and reason = 'plan_chosen' and acknowledged_at is null;
  return jsonb_build_object('noted', found);
end $$;
