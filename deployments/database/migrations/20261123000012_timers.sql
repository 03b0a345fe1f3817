-- A timer of Prefect's strikes late: it was set when a wait began, the lead wrote in time, the run was still awake when it
-- ran out, and the resume comes only when the run waits anew. Such a wake is not silence, so the run must know of it.
-- The version before this one goes on working: its workers do not read what is new.

-- As in 20261123000008, with `timer_due_at`: what it was before this claim, which sets it for the next.
create or replace function claim_run(p_flow text, p_lead uuid, p_flow_run uuid, p_lease_seconds double precision)
returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare r runs; earlier timestamptz;
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
  earlier := r.timer_due_at;
  update runs set status = 'active', flow_run_id = p_flow_run, claim = claim + 1, attempts = 0, updated_at = now(),
         claimed_at = now(),
         woken = woken or status in ('parked', 'waking'),
         timer_due_at = case when status not in ('parked', 'waking') then timer_due_at
                             when wake_due_at > now() then wake_due_at end,
         lease_expires_at = now() + make_interval(secs => p_lease_seconds),
         next_dispatch_at = now() + make_interval(secs => p_lease_seconds)
   where id = r.id returning * into r;
  return jsonb_build_object('outcome', 'held', 'run_id', r.id, 'claim', r.claim, 'lead_id', r.lead_id,
    'wait', r.wait, 'woken', r.woken, 'wake_due_at', r.wake_due_at,
    'asked', coalesce(r.wake_due_at = r.asked_due_at, false), 'timer_due_at', earlier,
    'reminders', r.reminders, 'unsent', unsent_of(r.lead_id));
end $$;
