-- The net under everything: what was promised and is not moving. Safe with several dispatchers.

-- Prefect's runs that the store is done with: ended here, replaced, or gone with their lead. Each ends in Prefect by itself, but
-- where its worker died between the two, or it was suspended and another one took its place; there it would stand for ever.
create table if not exists flow_runs_left (
  flow_run_id  uuid primary key,
  left_at      timestamptz not null
);
alter table flow_runs_left enable row level security;

-- Prefect knows the run now, and it is looked for when it had time to begin: each look asks Prefect, which in a burst keeps the
-- others waiting.
create or replace function note_flow_run(p_run uuid, p_generation int, p_flow_run uuid) returns jsonb
language sql set search_path = public, pg_temp as $$
  with done as (update runs set flow_run_id = coalesce(flow_run_id, p_flow_run), updated_at = now(),
                       next_dispatch_at = case when status = 'requested' then greatest(next_dispatch_at, now() + interval '10 seconds')
                                               else next_dispatch_at end
                 where id = p_run and generation = p_generation and status <> 'finished' returning flow_run_id),
  -- its lead was erased, or it was done, while Prefect made it: nobody else will ever know of it
  gone as (insert into flow_runs_left select p_flow_run, now() where p_flow_run is distinct from (select flow_run_id from done)
           on conflict (flow_run_id) do nothing)
  select jsonb_build_object('flow_run_id', (select flow_run_id from done))
$$;

-- The Prefect run is gone for good (deleted, cancelled, failed); the next one gets another idempotency key. What was
-- promised stays: a silence whose time has come is the new run's to deal with, and waits are counted on, because the
-- reminder of each has its key. The first time since it got anywhere another starts at once; then ever later ("nothing": the
-- dispatcher starts it at its time), since what fails again and again would otherwise keep everybody busy.
create or replace function replace_run(p_run uuid, p_generation int) returns jsonb
language sql set search_path = public, pg_temp as $$
  with done as (update runs set generation = generation + 1, flow_run_id = null, status = 'requested', claim = claim + 1,
                       woken = (woken or status in ('parked', 'waking')) and coalesce(wake_due_at <= now(), false),
                       lease_expires_at = null, claimed_at = null,
                       losses = losses + 1,
                       next_dispatch_at = now() + make_interval(secs => case when losses < 2 then 3 else least(3 * power(2, least(losses, 10)), 300) end),
                       updated_at = now()
                 where id = p_run and generation = p_generation and status <> 'finished' returning *)
  select coalesce((select jsonb_build_object('action', case when losses <= 2 then 'start' else 'nothing' end,
     'lead_id', lead_id, 'run_id', id, 'flow', flow, 'flow_run_id', null, 'generation', generation, 'reason', 'replaced') from done), 'null')
$$;

create or replace function leave_flow_run() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  insert into flow_runs_left values (old.flow_run_id, now()) on conflict (flow_run_id) do update set left_at = excluded.left_at;
  return null;
end $$;
create or replace trigger runs_left after update of status, flow_run_id on runs for each row
  when (old.flow_run_id is not null and old.status <> 'finished'
        and (new.status = 'finished' or new.flow_run_id is distinct from old.flow_run_id))
  execute function leave_flow_run();
create or replace trigger runs_deleted after delete on runs for each row
  when (old.flow_run_id is not null and old.status <> 'finished') execute function leave_flow_run();

-- Those that were left so long ago that they should have ended; not one that an operator began again.
create or replace function left_flow_runs(p_after_seconds double precision, p_limit int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(flow_run_id), '[]') from (
    select l.flow_run_id from flow_runs_left l
     where l.left_at not between now() - make_interval(secs => p_after_seconds) and now() + interval '1 minute'
       and not exists (select 1 from runs r where r.flow_run_id = l.flow_run_id and r.status <> 'finished')
     order by l.left_at limit p_limit) old
$$;

create or replace function forget_flow_runs(p_flow_runs uuid[]) returns jsonb
language sql set search_path = public, pg_temp as $$
  with gone as (delete from flow_runs_left where flow_run_id = any(p_flow_runs) returning 1)
  select jsonb_build_object('forgotten', (select count(*) from gone))
$$;

-- A server's clock may be set, or another server take over whose clock is another. What was written in its future moves back
-- with the clock, whoever writes to the run next: leases and due times that this write does not set keep their distance to
-- when they were written.
create or replace function move_with_clock() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare gap interval := old.updated_at - now();
begin
  if new.next_dispatch_at = old.next_dispatch_at then new.next_dispatch_at := old.next_dispatch_at - gap; end if;
  if new.lease_expires_at = old.lease_expires_at then new.lease_expires_at := old.lease_expires_at - gap; end if;
  if new.claimed_at = old.claimed_at then new.claimed_at := old.claimed_at - gap; end if;
  if new.asked_due_at = old.asked_due_at then new.asked_due_at := old.asked_due_at - gap; end if;
  if new.wake_due_at = old.wake_due_at then new.wake_due_at := old.wake_due_at - gap; end if;
  new.updated_at := now();
  return new;
end $$;
create or replace trigger runs_move_with_clock before update on runs
  for each row when (old.updated_at > now() + interval '1 minute') execute function move_with_clock();

create or replace function note_put_off() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  new.put_off_at := now();
  return new;
end $$;
create or replace trigger lead_messages_put_off before update of not_before on lead_messages
  for each row when (new.not_before is not null and new.put_off_at is not distinct from old.put_off_at)
  execute function note_put_off();

-- The dispatcher does it for runs to which nobody writes; and where the clock (or a dispatcher that was away) leapt over the
-- leases of workers that live, these get a moment to renew them.
create table if not exists dispatching (
  one        boolean primary key default true check (one),
  looked_at  timestamptz not null,
  -- since when somebody looks without a break: a webhook that lives, and can write what it is told
  since      timestamptz not null default now()
);
alter table dispatching enable row level security;

create or replace function no_dispatcher(p_looked timestamptz) returns boolean
language sql stable set search_path = public, pg_temp as $$
  -- longer than a round takes while Prefect does not answer
  select p_looked not between now() - interval '20 seconds' and now() + interval '1 minute'
$$;

-- From when on a status could be told of what was sent at that time: a webhook that was away has still to be told everything.
-- Null while there is none. A store that never had a dispatcher (a flow run by hand) waits from the sending on.
create or replace function heard_since(p_sent timestamptz) returns timestamptz
language sql stable set search_path = public, pg_temp as $$
  select coalesce((select case when not no_dispatcher(looked_at) then greatest(p_sent, since) end from dispatching),
                  case when not exists (select from dispatching) then p_sent end)
$$;

create or replace function survive_clock() returns void
language plpgsql set search_path = public, pg_temp as $$
declare looked timestamptz;
begin
  update runs r set updated_at = now()
    from (select id from runs
           where status <> 'finished' and updated_at > now() + interval '1 minute' for update skip locked) ahead
   where r.id = ahead.id;
  -- what was put off in the clock's future; not what waits for the morning (may_start)
  update lead_messages set not_before = now()
   where delivery_status = 'queued' and created_at > now() - interval '24 hours' and not_before > now() + interval '1 minute'
     and put_off_at > now() + interval '1 minute';
  select looked_at into looked from dispatching for update skip locked;
  if looked < now() - interval '10 minutes' then
    update runs set lease_expires_at = now() + interval '20 seconds', next_dispatch_at = now() + interval '20 seconds',
           updated_at = now()
     where status = 'active' and next_dispatch_at <= now();
  end if;
  insert into dispatching (looked_at) select now() where looked is null on conflict (one) do nothing;
  update dispatching set looked_at = now(), since = case when no_dispatcher(looked) then now() else since end
   where looked is not null;
end $$;

-- The runs to look after now, each stamped so that no other dispatcher takes it for a while.
-- `p_overdue_seconds`: how long after its time a silent run may still be Prefect's own business.
-- It is asked every two seconds, so it may cost by what is open and not by what ever was: each look begins at a partial
-- index of what is open and goes on from there by key, row by row (`lateral`, and sub-selects that cannot become joins).
-- The planner is not asked whether it agrees. It sees that half of all messages are the leads' and that many rows have no
-- `answered_at` (ours), multiplies, and expects a million unanswered ones where there are hundreds; then it reads whole
-- tables into hashes, goes through all parked runs for each, or compiles a plan that is run for a millisecond.
create or replace function due_runs(p_limit int, p_overdue_seconds double precision) returns jsonb
language plpgsql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set jit = off as $$
declare who uuid; result jsonb;
begin
  perform survive_clock();
  -- Work whose lead has no open conversation at all: a message at a finished run's last breath, or a reply that was
  -- refused by its status after the run had ended. A lead that is being changed right now comes next time.
  for who in select owed.lead_id from (
                select m.lead_id from lead_messages m
                 where m.message_direction = 'user' and m.answered_at is null
                   and m.created_at not between now() - interval '3 seconds' and now() + interval '1 minute'
                union
                select m.lead_id from lead_messages m
                 where m.delivery_status = 'queued' and m.created_at > now() - interval '24 hours'
                   and coalesce(m.not_before, least(m.created_at, now()) + interval '3 seconds', now()) <= now()
                   and (select x.flow from runs x where x.id = m.run_id) = 'conversation') owed
              where (select r.id from runs r where r.lead_id = owed.lead_id and r.flow = 'conversation'
                                               and r.status <> 'finished') is null
              order by owed.lead_id limit p_limit loop
    perform 1 from leads where id = who for no key update skip locked;
    continue when not found;
    insert into runs (lead_id, flow, next_dispatch_at) values (who, 'conversation', now())
    on conflict (lead_id, flow) where status <> 'finished' do nothing;
  end loop;
  -- the same for a template: its activation begins again, as a new flow run, one at a time
  for who in select distinct m.lead_id from lead_messages m
              where m.delivery_status = 'queued' and m.created_at > now() - interval '24 hours'
                and coalesce(m.not_before, now()) <= now()
                and (select x.flow = 'lead-activation' and x.status = 'finished' and x.outcome in ('put_off', 'sent')
                       from runs x where x.id = m.run_id)
              order by m.lead_id limit p_limit loop
    perform 1 from leads where id = who for no key update skip locked;
    continue when not found;
    update runs set status = 'requested', outcome = null, generation = generation + 1, flow_run_id = null,
           claimed_at = null, next_dispatch_at = now(), updated_at = now()
     where id = (select x.id from runs x join lead_messages m on m.run_id = x.id
                  where x.lead_id = who and x.flow = 'lead-activation' and x.status = 'finished'
                    and x.outcome in ('put_off', 'sent') and m.delivery_status = 'queued'
                    and coalesce(m.not_before, now()) <= now() and m.created_at > now() - interval '24 hours'
                  order by x.created_at desc limit 1)
       and not exists (select 1 from runs o where o.lead_id = who and o.flow = 'lead-activation' and o.status <> 'finished');
  end loop;
  -- A parked run whose lead is owed something: a reply refused by its status, or a message that woke nobody. (What is
  -- queued for longer than a day is past its window; the silence finds it.)
  update runs r set status = 'waking', next_dispatch_at = now(), updated_at = now()
   where r.id = any (array(
     select p.id from (
         select lead_id from lead_messages where message_direction = 'user' and answered_at is null
         union
         select lead_id from lead_messages where delivery_status = 'queued' and created_at > now() - interval '24 hours'
            and coalesce(not_before, now()) <= now() and coalesce(dedupe_key, '') not like 'notice:%') owed
       cross join lateral (
         select x.id from runs x where x.lead_id = owed.lead_id and x.flow = 'conversation' and x.status <> 'finished'
            and x.status = 'parked' limit 1 for update skip locked) p));
  with picked as (
    select r.id from runs r
     where r.status <> 'finished' and r.next_dispatch_at <= now()
       and (r.status <> 'parked' or r.next_dispatch_at + make_interval(secs => p_overdue_seconds) <= now())
       -- what loses its worker again and again is given to the next ever later
       and (r.status <> 'active' or r.losses = 0
            or r.next_dispatch_at + make_interval(secs => least(power(2, least(r.losses, 10)), 300)) <= now())
     order by r.next_dispatch_at limit p_limit for update skip locked),
  stamped as (
    update runs r set attempts = attempts + 1, losses = losses + (status = 'active')::int, updated_at = now(),
           next_dispatch_at = now() + make_interval(secs => least(3 * power(1.6, least(attempts, 10)), 30))
      from picked where r.id = picked.id returning r.*)
  select coalesce(jsonb_agg(jsonb_build_object('lead_id', lead_id, 'run_id', id, 'flow', flow, 'flow_run_id', flow_run_id,
      'generation', generation, 'claimed_at', claimed_at,
      'action', case when flow_run_id is null then 'start' else 'revive' end,
      'reason', case when status = 'parked' then 'silence' when status = 'active' then 'lease' else 'message' end)), '[]')
    into result from stamped;
  return result;
end $$;

-- For a store without LISTEN: which of these leads have something unanswered.
create or replace function leads_with_news(p_leads uuid[]) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(distinct lead_id), '[]') from lead_messages
   where lead_id = any(p_leads) and message_direction = 'user' and answered_at is null
$$;

create or replace function ping() returns jsonb language sql stable as $$ select '{"ok": true}'::jsonb $$;

-- Whether the store takes a write, which answers for more than that it can be read: a replica reads, and so does a server
-- whose disk is full. One row, written over.
create table if not exists readiness (
  one         boolean primary key default true check (one),
  written_at  timestamptz not null
);
alter table readiness enable row level security;

create or replace function take_a_write() returns jsonb
language sql set search_path = public, pg_temp as $$
  with done as (insert into readiness (written_at) values (now())
                on conflict (one) do update set written_at = excluded.written_at returning written_at)
  select jsonb_build_object('written_at', written_at) from done
$$;
