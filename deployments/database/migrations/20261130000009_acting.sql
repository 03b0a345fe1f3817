-- What operators do. Each function is one transaction, holds the lead first, and records who did it; refusals change
-- nothing and are not recorded. Outcomes are those of flows.adapters.store.sheets.Acted.
-- A conversation that was taken over is one person's: whoever else wants to write or to give it back takes it over first,
-- from the one they were shown.

-- Append-only. `lead_id` has no foreign key, so that an erasure stays provable; `details` hold ids, codes and counts.
create table if not exists operator_actions (
  id        bigint generated always as identity primary key,
  at        timestamptz not null default now(),
  operator  text not null,
  action    text not null,
  lead_id   uuid,
  details   jsonb not null default '{}'
);
-- At once, and not only with the grants at the end: a new Supabase project opens every new table to everybody.
alter table operator_actions enable row level security;
create index if not exists operator_actions_lead on operator_actions (lead_id, at) where lead_id is not null;
create index if not exists operator_actions_newest on operator_actions (at desc, id desc);
create index if not exists operator_actions_whose on operator_actions (operator, id desc);

-- Only a merge may touch a row, since the person goes on under another id, and the retention.
create or replace function keep_actions() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' and to_jsonb(new) - 'lead_id' = to_jsonb(old) - 'lead_id' then return new; end if;
  -- past their time (forget)
  if tg_op = 'DELETE' and old.at < nullif(current_setting('serena.forgetting', true), '')::timestamptz then return old; end if;
  raise exception 'operator_actions is append-only' using errcode = 'insufficient_privilege';
end $$;
create or replace trigger operator_actions_stay before update or delete on operator_actions
  for each row execute function keep_actions();

-- nothing and are not recorded. Outcomes are those of flows.adapters.store.sheets.Acted.
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

-- Refused: the lead is not the operator's, but p_held_by's (null: the assistant's).
create or replace function not_held(p_held_by text) returns jsonb language sql immutable as $$
  select acted('not_taken_over', null) || jsonb_build_object('held_by', p_held_by)
$$;

-- Whether a free-form message may go out: 24 hours from the lead's last, less ten minutes (docs/whatsapp.md 5.5).
create or replace function window_open(p_last_inbound_at timestamptz, p_at timestamptz default now()) returns boolean
language sql stable set search_path = public, pg_temp as $$
  select coalesce(p_last_inbound_at > p_at - interval '23 hours 50 minutes', false)
$$;

-- The messages of one lead that neither a person nor the assistant has answered or is going to answer by itself, oldest
-- first: what came since the take-over, what the assistant was about to answer at that moment, and what was left at a
-- give-back. (What a lead writes while a person has the conversation is marked answered, because the assistant has nothing
-- to say to it.) None of somebody who stopped our messages: nobody may answer them.
create or replace function unheard_of(p_lead uuid) returns table (message_id uuid, at timestamptz)
language sql stable set search_path = public, pg_temp as $$
  select m.id, m.created_at
    from leads l join lead_messages m on m.lead_id = l.id
   where l.id = p_lead and l.opted_out_at is null and m.message_direction = 'user'
     -- The assistant answers a stop or the wish to be erased while a person speaks; that is no answer to the rest.
     and m.seq > coalesce((select o.seq from lead_messages o
           where o.lead_id = p_lead and o.message_direction <> 'user' and o.delivery_status is distinct from 'failed'
             and (o.message_direction = 'agent' or l.taken_over_at is null or o.created_at < l.taken_over_at)
           order by o.seq desc limit 1), 0)
     and (m.left_at is not null or (l.taken_over_at is not null and (
            m.answered_at is null
            -- What never wanted an answer (a reaction) was marked the moment it came.
            or (m.answered_by is null and m.answered_at > m.created_at and m.answered_at >= l.taken_over_at
               and m.message_type <> 'system')
            or exists (select 1 from lead_messages w where w.id = m.answered_by and w.delivery_status = 'failed'))))
   order by m.seq
$$;

-- From now on a person has the conversation (null: whoever comes), if none has yet: what the conversation needs.
create or replace function silence_assistant(p_lead uuid, p_holder text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare silent boolean;
begin
  select taken_over_at is not null into silent from leads where id = p_lead;
  update leads set taken_over_at = coalesce(taken_over_at, now()), taken_over_by = p_holder, updated_at = now() where id = p_lead;
  if silent then return null; end if;
  -- What the assistant has said but not sent stays unsaid; what is on its way, begin_send does not repeat.
  update lead_messages set delivery_status = 'failed', error_code = null, withdrawn_at = now()
   where lead_id = p_lead and message_direction = 'bot' and delivery_status = 'queued';
  return interrupt_conversation(p_lead);
end $$;

create or replace function ops_take_over(p_lead uuid, p_operator text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; wanted jsonb;
begin
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  if l.taken_over_by is not null then
    -- the same call once more, because the answer to the first got lost
    return acted(case when l.taken_over_by = p_operator then 'done' else 'taken_over' end, null);
  end if;
  wanted := silence_assistant(p_lead, p_operator);
  perform ops_record(p_operator, 'take_over', p_lead, '{}');
  return acted('done', wanted);
end $$;

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

-- p_answer: what was marked answered without a reply since the take-over, or with one that was withdrawn by it or failed,
-- and nothing of a person's followed, waits again, as long as a reply may still go out. Says and remembers how many messages
-- stay without an answer.
create or replace function ops_give_back(p_lead uuid, p_operator text, p_answer boolean) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; reopened int := 0; left_over int := 0; unheard uuid[]; wanted jsonb;
begin
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  if l.taken_over_at is null or l.taken_over_by is distinct from p_operator then
    return not_held(case when l.taken_over_at is not null then l.taken_over_by end);
  end if;
  unheard := array(select u.message_id from unheard_of(p_lead) u);
  update leads set taken_over_at = null, taken_over_by = null, updated_at = now() where id = p_lead;
  if p_answer and l.opted_out_at is null and window_open(l.last_inbound_at) then
    select count(*) into reopened from lead_messages where id = any(unheard) and answered_at is not null;
    perform take_back_unheard(p_lead);
    -- Also what the assistant was about to answer at the take-over, and what was left at an earlier give-back.
    update lead_messages set answered_at = null, answered_by = null, left_at = null where id = any(unheard);
  end if;
  -- What nobody is going to answer by itself. (A message that no run has seen yet, the assistant answers in any case.)
  update lead_messages set left_at = coalesce(left_at, now())
   where id = any(unheard) and answered_at is not null;
  get diagnostics left_over = row_count;
  perform ops_record(p_operator, 'give_back', p_lead, jsonb_build_object('answer', p_answer, 'reopened', reopened)
                     || case when left_over > 0 then jsonb_build_object('left', left_over) else '{}' end);
  if reopened > 0 then
    -- A run at work may have seen the lead taken over a moment ago, and would mark these messages answered once more.
    wanted := interrupt_conversation(p_lead);
  end if;
  if wanted is null and exists (select 1 from lead_messages where lead_id = p_lead and message_direction = 'user'
                                 and answered_at is null) then
    wanted := wake_conversation(p_lead);
    perform pg_notify('lead_news', p_lead::text);
  end if;
  return acted('done', wanted) || jsonb_build_object('left', left_over);
end $$;

-- A message of a person's own. The run that is woken sends whatever is unsent; if that run ends this very moment, the
-- dispatcher finds the message by its run. p_text: 1 to 4,096 characters (docs/whatsapp.md 5.7).
create or replace function ops_write(p_lead uuid, p_operator text, p_key text, p_text text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; key text := 'agent:' || p_lead || ':' || p_key; wanted jsonb; out_id uuid; said jsonb;
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
  said := may_start(p_lead, 'message');
  if said->>'verdict' <> 'go' then return acted(said->>'reason', null); end if;
  wanted := wake_conversation(p_lead);
  insert into lead_messages (lead_id, run_id, message_direction, message_type, message_content, content,
                             delivery_status, dedupe_key, author)
  values (p_lead, (wanted->>'run_id')::uuid, 'agent', 'text', p_text, jsonb_build_object('text', p_text), 'queued', key,
          p_operator) returning id into out_id;
  perform ops_record(p_operator, 'write', p_lead, jsonb_build_object('message_id', out_id));
  perform pg_notify('lead_news', p_lead::text);
  return acted('done', wanted);
end $$;

-- The newest reminder that is out or on its way, and whether the lead has written since. A reaction is no writing: the
-- store marks it answered in the moment it comes.
create or replace function last_reminder(p_lead uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', r.id, 'at', coalesce(r.attempted_at, r.created_at),
           'answered', exists (select 1 from lead_messages m where m.lead_id = p_lead and m.message_direction = 'user'
                                and m.seq > r.seq and m.answered_at is distinct from m.created_at))
    from lead_messages r
   where r.lead_id = p_lead and r.message_direction = 'bot' and r.dedupe_key like 'reminder:%'
     and r.delivery_status <> 'failed'
   order by r.seq desc limit 1
$$;

-- The silence happens now, however many reminders there were, and where they are switched off (REMINDERS=0): the run that
-- it wakes is told that somebody asked. Refused when a reminder went out since the lead last wrote, unless p_seen is that one:
-- the operator was shown it and wants another. The same form sent twice brings one more, not two.
-- A reminder that an operator asks for does not count: the run gets back one that it has had, since otherwise it would end as
-- silent. A run that is on its way because its time was up is told so too: by itself it might end in silence.
create or replace function ops_remind(p_lead uuid, p_operator text, p_seen uuid) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; r runs; said jsonb; was_parked boolean; act text := 'nothing';
        -- past for every worker's clock, because a run compares it with its own
        due timestamptz := now() - interval '1 minute';
begin
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  said := may_start(p_lead, 'reminder', case when p_seen::text = last_reminder(p_lead)->>'id' then 'again' else 'once' end);
  if said->>'verdict' <> 'go' then
    return acted(case said->>'reason' when 'answer_first' then 'busy' when 'unsent_first' then 'unsent'
                                      when 'wrong_person' then 'closed'
                                      else case when waits_for_account(said) then 'account_waits' else said->>'reason' end end, null);
  end if;
  select * into r from runs where lead_id = p_lead and flow = 'conversation' and status <> 'finished' for update;
  if r.id is null then
    insert into runs (lead_id, flow, woken, wake_due_at, asked_due_at, next_dispatch_at)
    values (p_lead, 'conversation', true, due, due, now() + interval '3 seconds')
    on conflict (lead_id, flow) where status <> 'finished' do nothing returning * into r;
    if r.id is null then return acted('busy', null); end if;
    act := 'start';
  elsif r.status = 'active' and r.lease_expires_at > now() then
    return acted('busy', null);
  elsif r.status in ('requested', 'waking') and r.woken and r.wake_due_at = r.asked_due_at then
    return acted('done', null);  -- asked for already, and on its way
  else
    was_parked := r.status = 'parked';
    update runs set status = case when was_parked then 'waking' else status end, woken = true, wake_due_at = due,
           asked_due_at = due, reminders = greatest(reminders - 1, 0),
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
