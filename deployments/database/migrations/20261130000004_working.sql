-- The right to work for a lead: claim a run, renew, park, finish. Every change asks for the claim that was given,
-- so a worker that lost its lease can no longer act.

-- Outgoing messages of a lead that have not settled, oldest first; but for notices, which are no conversation's business
-- (flows/notices.py).
create or replace function unsent_of(p_lead uuid) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'status', delivery_status, 'not_before', not_before) order by seq), '[]')
    from lead_messages where lead_id = p_lead and delivery_status in ('queued', 'sending', 'uncertain')
     and coalesce(dedupe_key, '') not like 'notice:%'
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

-- Makes this flow run the one that works for the lead. Outcomes: "held", "superseded" (another live run has it),
-- "finished" (nothing left to do). `asked`: an operator wants the reminder of this wake. `stage` and `turns` are the lead's.
-- `orphaned`: who had the run before is gone without a word, and left messages unanswered; `refusals`: how often the turn that it
-- was in has come to nothing before that (refuse_turn).
create or replace function claim_run(p_flow text, p_lead uuid, p_flow_run uuid, p_lease_seconds double precision)
returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare r runs; orphaned boolean;
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
  elsif r.flow_run_id is distinct from p_flow_run and r.status = 'active' and r.lease_expires_at > now()
     and r.updated_at < now() + interval '1 minute' then  -- else a lease of before the clock was set back
    return jsonb_build_object('outcome', 'superseded');
  end if;
  orphaned := r.status = 'active' and exists (
    select 1 from lead_messages where lead_id = r.lead_id and message_direction = 'user' and answered_at is null);
  update runs set status = 'active', flow_run_id = p_flow_run, claim = claim + 1, attempts = 0, updated_at = now(),
         claimed_at = now(),
         woken = woken or status in ('parked', 'waking'),
         lease_expires_at = now() + make_interval(secs => p_lease_seconds),
         next_dispatch_at = now() + make_interval(secs => p_lease_seconds)
   where id = r.id returning * into r;
  return jsonb_build_object('outcome', 'held', 'run_id', r.id, 'claim', r.claim, 'lead_id', r.lead_id,
    'wait', r.wait, 'woken', r.woken, 'wake_due_at', r.wake_due_at,
    'asked', coalesce(r.wake_due_at = r.asked_due_at, false), 'reminders', r.reminders, 'unsent', unsent_of(r.lead_id),
    'orphaned', orphaned, 'refusals', r.refusals,
    'stage', (select conversation_state from leads where id = r.lead_id),
    'turns', (select count(*) from turns where lead_id = r.lead_id));
end $$;

-- Extends the leases of a process's live runs; returns those it still holds.
create or replace function renew_leases(p_runs uuid[], p_claims int[], p_lease_seconds double precision) returns jsonb
language sql set search_path = public, pg_temp as $$
  with mine as (select r.id from runs r join unnest(p_runs, p_claims) as t(id, claim) on r.id = t.id and r.claim = t.claim
                 where r.status = 'active' order by r.lead_id for update of r),
  kept as (update runs r set lease_expires_at = now() + make_interval(secs => p_lease_seconds),
                             next_dispatch_at = now() + make_interval(secs => p_lease_seconds), updated_at = now()
             from mine where r.id = mine.id returning r.id)
  select coalesce(jsonb_agg(id), '[]') from kept
$$;

-- Lays a run to rest until p_due, or when reminder_due says, refused while anything waits to be answered or sent: so a message is either seen
-- by the run or finds it parked and wakes it.
create or replace function park_run(p_run uuid, p_claim int, p_due timestamptz) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare r runs; due timestamptz;
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
                and coalesce(dedupe_key, '') not like 'notice:%'
                -- one that was put off is the dispatcher's to wake for
                and (delivery_status <> 'queued' or coalesce(not_before, now()) <= now())) then
    return jsonb_build_object('outcome', 'refused');
  end if;
  due := reminder_due(r.lead_id, p_due);
  update runs set status = 'parked', wait = wait + 1, woken = false, wake_due_at = due, lease_expires_at = null,
         losses = 0, next_dispatch_at = due, updated_at = now() where id = r.id returning * into r;
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

-- The assistant stops in the middle of what it does. A worker at work loses its claim, as after a merge, and the
-- dispatcher has the same flow run begin again; a waiting run wakes. Both then see the lead as it is now. The caller
-- holds the lead; returns what the conversation needs from Prefect now.
create or replace function interrupt_conversation(p_lead uuid) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare r runs;
begin
  perform pg_notify('lead_news', p_lead::text);
  select * into r from runs where lead_id = p_lead and flow = 'conversation' and status <> 'finished' for update;
  if r.status = 'active' then
    update runs set claim = claim + 1, lease_expires_at = now(), next_dispatch_at = now(), updated_at = now()
     where id = r.id;
  elsif r.status = 'parked' then
    return wake_conversation(p_lead);
  end if;
  return null;
end $$;

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
    perform take_back_wishes(p_lead, first.at);
  end if;
  update lead_messages set answered_at = null, answered_by = null
   where lead_id = p_lead and answered_by = any(failed) and left_at is null;
  -- it is said again, so nobody else has to say it
  delete from handoffs where lead_id = p_lead and reason = 'not_delivered' and acknowledged_at is null;
end $$;
