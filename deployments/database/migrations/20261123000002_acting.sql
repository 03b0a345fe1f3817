-- What operators do. Each function is one transaction, holds the lead first, and records who did it; refusals change
-- nothing and are not recorded. Outcomes are those of flows.adapters.store.operations.Acted.

create or replace function ops_record(p_operator text, p_action text, p_lead uuid, p_details jsonb) returns jsonb
language sql set search_path = public, pg_temp as $$
  with done as (insert into operator_actions (operator, action, lead_id, details)
                values (p_operator, p_action, p_lead, coalesce(p_details, '{}')) returning id)
  select jsonb_build_object('recorded', true) from done
$$;

create or replace function acted(p_outcome text, p_dispatch jsonb) returns jsonb language sql immutable as $$
  select jsonb_build_object('outcome', p_outcome,
                            'dispatch', case when p_dispatch->>'action' <> 'nothing' then p_dispatch end)
$$;

-- Whether a free-form message may go out: 24 hours from the lead's last, less ten minutes (whatsapp-cloud-api.md 8.1).
create or replace function window_open(p_last_inbound_at timestamptz) returns boolean
language sql stable set search_path = public, pg_temp as $$
  select coalesce(p_last_inbound_at > now() - interval '23 hours 50 minutes', false)
$$;

create or replace function ops_take_over(p_lead uuid, p_operator text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads;
begin
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  if l.taken_over_at is not null then
    -- the same call once more, because the answer to the first got lost
    return acted(case when l.taken_over_by = p_operator then 'done' else 'taken_over' end, null);
  end if;
  update leads set taken_over_at = now(), taken_over_by = p_operator, updated_at = now() where id = p_lead;
  -- What the assistant has said but not sent stays unsaid; what is on its way, begin_send does not repeat.
  update lead_messages set delivery_status = 'failed', error_code = null, withdrawn_at = now()
   where lead_id = p_lead and message_direction = 'bot' and delivery_status = 'queued';
  perform ops_record(p_operator, 'take_over', p_lead, '{}');
  return acted('done', interrupt_conversation(p_lead));
end $$;

-- p_answer: what was marked answered without a reply since the take-over, or with one that was withdrawn by it, and
-- nothing of a person's followed, waits again, as long as a reply may still go out.
create or replace function ops_give_back(p_lead uuid, p_operator text, p_answer boolean) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; reopened int := 0; wanted jsonb;
begin
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  if l.taken_over_at is null then return acted('not_taken_over', null); end if;
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

-- A message of a person's own. The run that is woken sends whatever is unsent; if that run ends this very moment, the
-- dispatcher finds the message by its run. p_text: 1 to 4,096 characters (whatsapp-cloud-api.md 6).
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
  if l.taken_over_at is null then return acted('not_taken_over', null); end if;
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

-- The silence happens now. A reminder that an operator asks for does not count: the run gets back one that it has had,
-- since otherwise it would end as silent.
create or replace function ops_remind_now(p_lead uuid, p_operator text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; r runs; was_parked boolean; act text := 'nothing';
        -- past for every worker's clock, because a run compares it with its own
        due timestamptz := now() - interval '1 minute';
begin
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  if l.taken_over_at is not null then return acted('taken_over', null); end if;
  if l.opted_out_at is not null then return acted('opted_out', null); end if;
  -- flows.domain.Stage.reminded
  if l.conversation_state in ('INTERESTED', 'HUMAN_REQUESTED', 'OPTED_OUT', 'COMPLETED', 'NOT_SERVED') then
    return acted('closed', null);
  end if;
  if exists (select 1 from lead_messages where lead_id = p_lead and message_direction = 'user'
              and answered_at is null) then
    return acted('busy', null);
  end if;
  select * into r from runs where lead_id = p_lead and flow = 'conversation' and status <> 'finished' for update;
  if r.id is null then
    insert into runs (lead_id, flow, woken, wake_due_at, next_dispatch_at)
    values (p_lead, 'conversation', true, due, now() + interval '3 seconds')
    on conflict (lead_id, flow) where status <> 'finished' do nothing returning * into r;
    if r.id is null then return acted('busy', null); end if;
    act := 'start';
  elsif r.status = 'active' and r.lease_expires_at > now() then
    return acted('busy', null);
  elsif r.status in ('requested', 'waking') and r.woken and r.wake_due_at <= now() then
    return acted('done', null);  -- asked for already, and on its way
  else
    was_parked := r.status = 'parked';
    update runs set status = case when was_parked then 'waking' else status end, woken = true, wake_due_at = due,
           reminders = greatest(reminders - 1, 0),
           -- a worker without a lease may come back, and must not lay this to rest again
           claim = claim + (status = 'active')::int,
           next_dispatch_at = case when was_parked then now() + interval '3 seconds' else now() end, updated_at = now()
     where id = r.id returning * into r;
    if was_parked then act := 'resume'; end if;
  end if;
  perform ops_record(p_operator, 'remind_now', p_lead, jsonb_build_object('run_id', r.id));
  return acted('done', jsonb_build_object('action', act, 'lead_id', p_lead, 'run_id', r.id, 'flow', 'conversation',
                 'flow_run_id', r.flow_run_id, 'generation', r.generation, 'reason', 'silence'));
end $$;

create or replace function ops_contacted(p_lead uuid, p_operator text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare done int;
begin
  perform 1 from leads where id = p_lead for no key update;
  if not found then return acted('no_such_lead', null); end if;
  update handoffs set acknowledged_at = now(), acknowledged_by = p_operator
   where lead_id = p_lead and acknowledged_at is null;
  get diagnostics done = row_count;
  if done = 0 then return acted('nothing', null); end if;
  perform ops_record(p_operator, 'contacted', p_lead, jsonb_build_object('handoffs', done));
  return acted('done', null);
end $$;
