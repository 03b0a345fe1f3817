-- A turn: what is unanswered, what an answer needs, and the reply with all that was learned.

set check_function_bodies = off;  -- `drain` asks spend_rests, and a turn keeps or ends wishes: later files

create or replace function lead_json(p_lead uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'id', l.id, 'phone_number', l.phone_number, 'wa_user_id', l.wa_user_id, 'name', l.name, 'city', l.city,
    'state', l.state, 'ibge_code', l.ibge_code, 'client_type', l.client_type, 'invoice_amount', l.invoice_amount,
    'stage', l.conversation_state, 'qualification', l.qualification_status, 'opted_out_at', l.opted_out_at,
    'taken_over_at', l.taken_over_at,
    'last_inbound_at', l.last_inbound_at, 'last_outbound_at', l.last_outbound_at, 'memory', l.memory,
    'bills', (select count(*) from energy_bills b where b.lead_id = l.id),
    'form_city', f.fields->>'city', 'form_state', f.fields->>'state',
    'wishes', (select coalesce(jsonb_agg(distinct w.ibge_code), '[]') from wishes_of(l.id) w),
    'news', last_notice(l.id),
    'offers', coalesce((select jsonb_agg(jsonb_build_object('position', o.position, 'plan_id', o.plan_id,
        'name', o.plan_name, 'utility', o.utility_name, 'discount', o.discount, 'fidelity_months', o.fidelity_months,
        'benefits', o.benefits) order by o.position)
      from lead_plan_offers o where o.lead_id = l.id
       and o.offered_at = (select max(offered_at) from lead_plan_offers where lead_id = l.id)), '[]'))
  from leads l left join lateral (select fields from lead_forms where lead_id = l.id order by created_at desc limit 1) f on true
  where l.id = p_lead
$$;

create or replace function lead(p_lead uuid) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select lead_json(p_lead)
$$;

create or replace function find_lead(p_phone text, p_bsuid text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select lead_json(coalesce(
    (select lead_id from lead_user_ids where wa_user_id = p_bsuid), (select id from leads where phone_number = p_phone)))
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

-- Everything unanswered of a lead as one batch, with what an answer needs: the lead (null for one who is gone), and the newest
-- p_lines of what was said. In the order in which the person wrote it (by WhatsApp's seconds, then as it came): deliveries
-- overtake each other, and of two words on one thing the later counts.
create or replace function drain(p_lead uuid, p_lines int) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'messages', coalesce((select jsonb_agg(inbound_json(m) order by coalesce(wa_timestamp, created_at), seq)
      from lead_messages m where lead_id = p_lead and message_direction = 'user' and answered_at is null), '[]'),
    'unsent', unsent_of(p_lead), 'model_rests', spend_rests(), 'lead', lead_json(p_lead),
    'transcript', case when p_lines > 0 then transcript(p_lead, p_lines) else '[]' end)
$$;

create or replace function transcript(p_lead uuid, p_limit int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('who', message_direction, 'type', message_type,
           'text', message_content, 'at', created_at)
           -- what is unanswered comes last, in the order of its batch
           order by waits, case when waits then coalesce(wa_timestamp, created_at) end, seq), '[]')
    from (select *, message_direction = 'user' and answered_at is null as waits from lead_messages
           where lead_id = p_lead and (message_direction <> 'user' or message_type <> 'system')
           order by seq desc limit p_limit) t
$$;

-- Of these messages' deliveries only the envelope stays.
create or replace function strip_deliveries(p_wamids text[]) returns void
language sql set search_path = public, pg_temp as $$
  update webhook_events set payload = coalesce((select jsonb_object_agg(e.key, e.value) from jsonb_each(payload) e
         where e.key in ('id', 'from', 'from_user_id', 'timestamp', 'type')), '{}')
   where event_key in (select 'm:' || w from unnest(p_wamids) w)
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
    perform strip_deliveries(array[m.wamid]);
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
  if exists (select 1 from lead_messages where id = any(p_messages) and lead_id = who and message_type = 'system'
              and answered_at is not null) then
    -- One of them was edited or taken back while the turn was decided: the next looks at what is left.
    return jsonb_build_object('outcome', 'committed', 'message_id', null);
  end if;
  if why is not null then
    -- the lead as the assistant was handed it, so that the turn can be decided again; its memory is `why.before`
    before_it := lead_json(who) - 'memory' || jsonb_build_object('bills', (select count(*) from energy_bills b
      where b.lead_id = who and not coalesce(b.message_id = any(p_messages), false)));
  end if;
  if jsonb_typeof(p_reply->'content') = 'object' then
    -- An earlier reply to the same message, which failed or was withdrawn, gives its key free: this one is the next
    -- generation of the turn. (A repetition of the call has left above.)
    update lead_messages set dedupe_key = dedupe_key || ':' || id where dedupe_key = turn_key;
    insert into lead_messages (lead_id, run_id, message_direction, message_type, message_content, content, asked,
                               delivery_status, dedupe_key)
    values (who, r.id, 'bot',
            case when jsonb_array_length(coalesce(p_reply->'content'->'buttons', '[]')) > 0
                   or jsonb_array_length(coalesce(p_reply->'content'->'rows', '[]')) > 0 then 'interactive' else 'text' end,
            p_reply->'content'->>'text', p_reply->'content', why->>'asked', 'queued', turn_key)
    returning id into out_id;
  end if;
  perform mask_messages(who, p_messages, p_reply->'masked');
  update runs set woken = false, losses = 0, refusals = 0, refused_message = null where id = r.id;
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
    perform hand_to_person(who, hand->>'reason', hand->'summary');
  end if;
  if jsonb_typeof(p_reply->'consent') = 'object' then
    perform note_wish(who, p_reply->'consent', p_messages[array_upper(p_messages, 1)]);
  end if;
  if p_reply->>'served' is not null then
    perform end_wishes(who, 'shown', (p_reply->>'served')::int);
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

-- The turn comes to nothing: the store would not take it, and not even an apology in its place; or its worker died in it (a
-- claim that is `orphaned` says so before it tries). The p_most-th time it is put aside for a person: nobody is going to
-- answer it by itself ("put_aside"; before that "refused").
create or replace function refuse_turn(p_run uuid, p_claim int, p_messages uuid[], p_most int) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare r runs; last_one uuid := p_messages[array_upper(p_messages, 1)];
begin
  r := held_run(p_run, p_claim);
  if r.id is null then return jsonb_build_object('outcome', 'superseded'); end if;
  update runs set refusals = case when refused_message = last_one then refusals + 1 else 1 end, refused_message = last_one,
         updated_at = now() where id = r.id returning * into r;
  if r.refusals < p_most then return jsonb_build_object('outcome', 'refused'); end if;
  update lead_messages set answered_at = now(), left_at = now()
   where id = any(p_messages) and lead_id = r.lead_id and answered_at is null;
  perform hand_to_person(r.lead_id, 'not_answered', jsonb_build_object('messages', cardinality(p_messages)));
  update runs set losses = 0, refusals = 0, refused_message = null where id = r.id;
  return jsonb_build_object('outcome', 'put_aside');
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

-- A voice note's words, once they were understood: the transcript then holds them like typed ones.
create or replace function note_transcription(p_message uuid, p_text text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  update lead_messages set message_content = p_text where id = p_message and message_direction = 'user';
  return jsonb_build_object('noted', found);
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

-- Turns as they were decided, so that they can be decided again: of one lead, or of a period; oldest first, from after
-- p_after on. Each has what the assistant was handed, what it made of it (flows.domain.Why), and what was said.
create or replace function recorded_turns(p_lead uuid, p_since timestamptz, p_until timestamptz, p_after bigint, p_limit int)
returns jsonb language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object(
      'id', t.id, 'at', t.at, 'stage', t.stage, 'why', t.why,
      'lead', t.lead || jsonb_build_object('memory', t.why->'before'),
      'messages', (select coalesce(jsonb_agg(inbound_json(m) order by n), '[]')
         from unnest(t.message_ids) with ordinality ids(id, n) join lead_messages m on m.id = ids.id),
      'transcript', (select coalesce(jsonb_agg(jsonb_build_object('who', m.message_direction, 'type', m.message_type,
           'text', m.message_content, 'at', m.created_at)
           order by array_position(t.message_ids, m.id) nulls first, m.seq), '[]')
         from (select * from lead_messages where lead_id = t.lead_id
                  and (message_direction <> 'user' or message_type <> 'system')
                  and seq <= (select max(seq) from lead_messages where id = any(t.message_ids))
                order by seq desc limit 20) m),
      'said', (select content from lead_messages where id = t.message_id)) order by t.id), '[]')
    from (select * from turns
           where (p_lead is null or lead_id = p_lead) and id > coalesce(p_after, 0)
             and (p_since is null or at >= p_since) and (p_until is null or at < p_until)
           order by id limit p_limit) t
$$;
