-- Figures: how far leads get, what a period brought, what stands where now. Definitions: flows.adapters.store.totals.

set check_function_bodies = off;  -- what a day costs, and the account, are of later files

-- The leads that arrived in [p_since, p_until), and what happened to them ever since. p_source null: whatever they came by.
--
-- Planned anew for each period: of a day long ago the few leads are looked up one by one, and not all that happened since; of
-- months up to now each step is read once. Which of them is cheaper the planner knows only of a disk that does not turn.
create or replace function ops_funnel(p_since timestamptz, p_until timestamptz, p_source text default null) returns jsonb
language plpgsql stable set search_path = public, pg_temp set work_mem = '32MB' set random_page_cost = 1.1 as $$
declare found jsonb;
begin
  execute $q$
    with arrived as materialized (
      select * from leads where created_at >= $1 and created_at < $2 and ($3 is null or source = $3)),
    templates as (select distinct m.lead_id from arrived a join lead_messages m on m.lead_id = a.id
      where m.created_at >= $1 and m.dedupe_key like 'template:%' and m.delivery_status in ('delivered', 'read', 'played')),
    places as (select distinct s.lead_id from arrived a join lead_status s on s.lead_id = a.id
      where s.at >= $1 and s.to_state in ('AWAITING_BILL', 'BILL_PROCESSED', 'PLANS_SENT', 'NOT_SERVED', 'INTERESTED')),
    -- a wish to be forgotten is given to a person too, as is who does not want or was never meant, but nobody got
    -- anywhere by it
    handed as (select distinct h.lead_id from arrived a join handoffs h on h.lead_id = a.id
      where h.created_at >= $1 and h.reason not in ('erase_my_data', 'withdrawn', 'wrong_person', 'not_delivered', 'not_answered')),
    silent as (select distinct r.lead_id from arrived a join runs r on r.lead_id = a.id
      where r.created_at >= $1 and r.outcome = 'silent' and r.status = 'finished' and r.flow = 'conversation'
        and not exists (select 1 from runs n where n.lead_id = r.lead_id and n.flow = 'conversation' and n.created_at > r.created_at))
    select jsonb_build_object(
      'arrived', count(*),
      'forms', count(*) filter (where l.source is distinct from 'whatsapp'),
      'template_delivered', (select count(*) from templates),
      'answered', count(*) filter (where l.last_inbound_at is not null),
      'place', count(*) filter (where p.lead_id is not null
         or l.conversation_state in ('AWAITING_BILL', 'BILL_PROCESSED', 'PLANS_SENT', 'NOT_SERVED', 'INTERESTED')),
      'bill', count(*) filter (where l.billed_at is not null),
      'qualified', count(*) filter (where l.qualification_status = 'QUALIFIED'),
      'handed_over', (select count(*) from handed),
      'silent', (select count(*) from silent),
      'opted_out', count(*) filter (where l.opted_out_at is not null))
    from arrived l left join places p on p.lead_id = l.id
  $q$ into found using p_since, p_until, p_source;
  return found;
end $$;

create or replace function ops_report(p_since timestamptz, p_until timestamptz) returns jsonb
language sql stable set search_path = public, pg_temp set work_mem = '32MB' as $$
  with outgoing as materialized (
    -- only those that some figure below asks for; ordinary replies are counted by their answer times
    select lead_id, created_at, delivery_status = 'failed' and withdrawn_at is null as failed, error_code,
           delivery_status in ('accepted', 'sent', 'delivered', 'read', 'played')
             and message_direction = 'bot' and dedupe_key like 'reminder:%' as reminded,
           -- `billable` is announced for removal (docs/whatsapp.md 3.2): it decides only without a `type`
           case when coalesce(pricing->>'type' = 'regular', pricing->>'billable' = 'true')
                then coalesce(pricing->>'category', 'none') end as billed_as
      from lead_messages where created_at >= p_since and created_at < p_until and message_direction <> 'user'
       and (delivery_status = 'failed' or dedupe_key like 'reminder:%'
            or coalesce(pricing->>'type' = 'regular', pricing->>'billable' = 'true'))),
  -- a reply of the period and the last message it answers, which may have come before midnight
  pairs as (
    select max(created_at) filter (where message_direction = 'user') as asked_at,
           max(attempted_at) filter (where message_direction = 'bot' and created_at >= p_since) as left_at
      from lead_messages
     where created_at >= p_since - interval '1 day' and created_at < p_until
       and (answered_by is not null
            or (message_direction = 'bot' and delivery_status in ('accepted', 'sent', 'delivered', 'read', 'played')))
     group by coalesce(answered_by, id)),
  answers as (
    select percentile_cont(array[0.5, 0.95]) within group (
             order by extract(epoch from left_at - asked_at)::double precision) as p
      from pairs where left_at is not null and asked_at is not null),
  reminders as (select lead_id, created_at from outgoing where reminded),
  period_turns as (
    select count(*) as n, count(*) filter (where answerer not in ('taps', 'rules')) as by_model,
           coalesce(sum(tokens_in), 0) as tokens_in, coalesce(sum(tokens_out), 0) as tokens_out
      from turns where at >= p_since and at < p_until)
  select jsonb_build_object(
    'funnel', ops_funnel(p_since, p_until), 'spend', spend_between(p_since, p_until),
    'turns', t.n, 'model_turns', t.by_model, 'tokens_in', t.tokens_in, 'tokens_out', t.tokens_out,
    'answer_p50', (select round(p[1]::numeric, 3) from answers),
    'answer_p95', (select round(p[2]::numeric, 3) from answers),
    'reminders', (select count(*) from reminders),
    'reminders_returned', (select count(distinct r.lead_id) from reminders r where exists (
       select 1 from lead_messages m where m.lead_id = r.lead_id and m.message_direction = 'user'
          and (m.message_type not in ('reaction', 'system') or m.answered_at is distinct from m.created_at)
          and m.created_at > r.created_at and m.created_at <= r.created_at + interval '1 day')),
    'failures', (select coalesce(jsonb_object_agg(code, n), '{}') from (
       select coalesce(error_code::text, 'none') as code, count(*) as n from outgoing where failed group by 1) f),
    'billable', (select coalesce(jsonb_object_agg(billed_as, n), '{}') from (
       select billed_as, count(*) as n from outgoing where billed_as is not null group by 1) b),
    -- people by the advertisement that brought them first in the period
    'referrals', (select coalesce(jsonb_object_agg(ad, n), '{}') from (
       select coalesce(headline, source_id, 'none') as ad, count(distinct lead_id) as n from lead_referrals
        where at >= p_since and at < p_until group by 1) a),
    'fallbacks', (select coalesce(jsonb_object_agg(fallback, n), '{}') from (
       select fallback, count(*) as n from turns
        where at >= p_since and at < p_until and fallback is not null group by 1) f)) || wish_figures(p_since, p_until)
  from period_turns t
$$;

-- Seconds since then, 0 for never.
create or replace function age_seconds(p_since timestamptz) returns double precision
language sql stable set search_path = public, pg_temp as $$
  select coalesce(greatest(extract(epoch from now() - p_since), 0), 0)::double precision
$$;

-- `unheard`: how many of those who are taken over wait for their person. Asked every few seconds like due_runs, and planned
-- by hand for the same reason.
create or replace function ops_gauges(p_overdue_seconds double precision) returns jsonb
language sql stable set search_path = public, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
  with waiting as (
    select count(*) as n, min(created_at) as oldest from lead_messages
     where message_direction = 'user' and answered_at is null),
  unsent as (
    -- older ones are past their window, and nobody tries them again
    select count(*) as n, min(created_at) as oldest from lead_messages
     where delivery_status in ('queued', 'sending', 'uncertain') and created_at > now() - interval '24 hours'
       and coalesce(dedupe_key, '') not like 'notice:%'),
  handed as (select count(*) as n, min(created_at) as oldest from handoffs where acknowledged_at is null)
  select jsonb_build_object(
    'crm_waiting', (select count(*) from crm_events where delivered_at is null and given_up_at is null),
    'crm_oldest', age_seconds((select min(happened_at) from crm_events where delivered_at is null and given_up_at is null)),
    'crm_given_up', (select count(*) from crm_events where given_up_at is not null),
    'wishes', (select count(*) from lead_consents where kind = 'coverage_notice' and granted and ended_at is null),
    'wishes_told', (select count(*) from lead_consents where kind = 'coverage_notice' and granted and ended_at is not null
                     and ended_by in ('told', 'shown')),
    'notices', starting_rules()->'templates' ? 'notice',
    'account_stops', (select count(*) from account_states s where account_stops(s)),
    'spend_reais', coalesce((select reais from spend_days where day = day_of(now())), 0), 'model_rests', spend_rests(),
    'unanswered', w.n, 'oldest_unanswered', age_seconds(w.oldest),
    'runs', (select coalesce(jsonb_object_agg(status, n), '{}') from (
       select status, count(*) as n from runs where status <> 'finished' group by status) r),
    'overdue_waits', (select count(*) from runs where status = 'parked'
                       and next_dispatch_at < now() - make_interval(secs => p_overdue_seconds)
                       and wake_due_at < now() - make_interval(secs => p_overdue_seconds)),
    'unsent', u.n, 'oldest_unsent', age_seconds(u.oldest),
    'open_handoffs', h.n, 'oldest_handoff', age_seconds(h.oldest),
    'taken_over', (select count(*) from leads where taken_over_at is not null),
    'unheard', (select count(*) from leads l where l.taken_over_at is not null
                 and exists (select 1 from unheard_of(l.id))))
  from waiting w, unsent u, handed h
$$;
