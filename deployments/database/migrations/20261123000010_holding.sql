-- A conversation that was taken over is one person's: whoever else wants to write or to give it back takes it over first,
-- from the one they were shown.
-- The version before this one goes on working: it reads a refusal that it knows, and not who has the lead.

-- Refused: the lead is not the operator's, but p_held_by's (null: the assistant's).
create or replace function not_held(p_held_by text) returns jsonb language sql immutable as $$
  select acted('not_taken_over', null) || jsonb_build_object('held_by', p_held_by)
$$;

-- From one person to another; the assistant stays silent, and `taken_over_at` with it, since giving back asks what came
-- from then on. Refused when somebody else has the lead by now than p_held_by.
create or replace function ops_take_from(p_lead uuid, p_operator text, p_held_by text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads;
begin
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  if l.taken_over_at is null then return not_held(null); end if;
  -- the same call once more, because the answer to the first got lost
  if l.taken_over_by = p_operator then return acted('done', null); end if;
  if l.taken_over_by is distinct from p_held_by then
    return acted('taken_over', null) || jsonb_build_object('held_by', l.taken_over_by);
  end if;
  update leads set taken_over_by = p_operator, updated_at = now() where id = p_lead;
  perform ops_record(p_operator, 'take_over', p_lead, jsonb_build_object('from', p_held_by));
  return acted('done', null);
end $$;

-- As in 20261123000002, and besides only for who has the lead.
create or replace function ops_give_back(p_lead uuid, p_operator text, p_answer boolean) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; reopened int := 0; wanted jsonb;
begin
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  if l.taken_over_at is null or l.taken_over_by is distinct from p_operator then
    return not_held(case when l.taken_over_at is not null then l.taken_over_by end);
  end if;
  update leads set taken_over_at = null, taken_over_by = null, updated_at = now() where id = p_lead;
  if p_answer and l.opted_out_at is null and window_open(l.last_inbound_at) then
    -- Including the one that the assistant was about to answer at the take-over. What never wanted an answer (a
    -- reaction) was marked the moment it came.
    -- A withdrawn reply gives its key free: the same turn is going to have another one.
    update lead_messages set dedupe_key = dedupe_key || ':withdrawn:' || id
     where lead_id = p_lead and withdrawn_at >= l.taken_over_at and dedupe_key not like '%:withdrawn:%';
    update lead_messages m set answered_at = null, answered_by = null
     where m.lead_id = p_lead and m.message_direction = 'user'
       and ((m.answered_by is null and m.answered_at > m.created_at and m.answered_at >= l.taken_over_at)
            or m.answered_by in (select w.id from lead_messages w where w.lead_id = p_lead
                                  and w.withdrawn_at >= l.taken_over_at and w.delivery_status = 'failed'))
       and not exists (select 1 from lead_messages a where a.lead_id = p_lead and a.message_direction = 'agent'
                        and a.seq > m.seq and a.delivery_status <> 'failed');
    get diagnostics reopened = row_count;
  end if;
  perform ops_record(p_operator, 'give_back', p_lead, jsonb_build_object('answer', p_answer, 'reopened', reopened));
  if reopened > 0 then
    -- A run at work may have seen the lead taken over a moment ago, and would mark these messages answered once more.
    wanted := interrupt_conversation(p_lead);
  end if;
  if wanted is null and exists (select 1 from lead_messages where lead_id = p_lead and message_direction = 'user'
                                 and answered_at is null) then
    wanted := wake_conversation(p_lead);
    perform pg_notify('lead_news', p_lead::text);
  end if;
  return acted('done', wanted);
end $$;

-- As in 20261123000002, and besides only for who has the lead.
create or replace function ops_write(p_lead uuid, p_operator text, p_key text, p_text text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; key text := 'agent:' || p_lead || ':' || p_key; wanted jsonb; out_id uuid;
begin
  if p_text !~ '\S' or length(p_text) > 4096 then
    raise exception 'a message has 1 to 4,096 characters' using errcode = 'check_violation';
  end if;
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  if exists (select 1 from lead_messages where dedupe_key = key) then return acted('done', null); end if;
  if l.taken_over_at is null or l.taken_over_by is distinct from p_operator then
    return not_held(case when l.taken_over_at is not null then l.taken_over_by end);
  end if;
  if l.opted_out_at is not null then return acted('opted_out', null); end if;
  if not window_open(l.last_inbound_at) then return acted('window_closed', null); end if;
  wanted := wake_conversation(p_lead);
  insert into lead_messages (lead_id, run_id, message_direction, message_type, message_content, content,
                             delivery_status, dedupe_key, author)
  values (p_lead, (wanted->>'run_id')::uuid, 'agent', 'text', p_text, jsonb_build_object('text', p_text), 'queued', key,
          p_operator) returning id into out_id;
  perform ops_record(p_operator, 'write', p_lead, jsonb_build_object('message_id', out_id));
  perform pg_notify('lead_news', p_lead::text);
  return acted('done', wanted);
end $$;
