-- A reminder that an operator asks for goes out however many there were, and where reminders are switched off
-- (REMINDERS=0): the run that it wakes is told that somebody asked.
-- The version before this one goes on working: its workers do not read what is new, and count as before.

-- The time to wake that an operator's wish set. While it is the run's time to wake, the wish stands; the next wait has
-- another, so nothing has to take it back.
alter table runs add column if not exists asked_due_at timestamptz;

-- As in 20261123000002, and besides it says that somebody asked. A run that is on its way because its time was up is
-- told so too: by itself it might end in silence.
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

-- As in 20261122000004, with `asked`.
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
    'wait', r.wait, 'woken', r.woken, 'wake_due_at', r.wake_due_at,
    'asked', coalesce(r.wake_due_at = r.asked_due_at, false), 'reminders', r.reminders, 'unsent', unsent_of(r.lead_id));
end $$;
