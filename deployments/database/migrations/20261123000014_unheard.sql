-- What a lead writes while a person has the conversation is marked answered, because the assistant has nothing to say to
-- it; that no person has answered either could be seen nowhere. Now it can: on the bubbles, in the list, on the overview.
-- The version before this one goes on working: it reads and writes nothing of this, and what its operators give back
-- without an answer is shown as before.

-- Given back without an answer, while no run was going to give one.
alter table lead_messages add column if not exists left_at timestamptz;
create index if not exists lead_messages_left on lead_messages (lead_id) where left_at is not null;

-- The messages of one lead that neither a person nor the assistant has answered or is going to answer by itself, oldest
-- first: what came since the take-over, what the assistant was about to answer at that moment, and what was left at a
-- give-back. None of somebody who stopped our messages: nobody may answer them.
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
            or (m.answered_by is null and m.answered_at > m.created_at and m.answered_at >= l.taken_over_at)
            or exists (select 1 from lead_messages w where w.id = m.answered_by and w.delivery_status = 'failed'))))
   order by m.seq
$$;

-- Conversations that a person has and whose lead waits for that person, the longest wait first. Only leads that are taken
-- over are looked at, by their index.
create or replace function ops_unheard(p_limit int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('lead_id', x.id, 'lead_name', x.name, 'held_by', x.taken_over_by,
           'messages', x.n, 'since', x.since) order by x.since, x.id), '[]')
    from (select l.id, l.name, l.taken_over_by, u.n, u.since
            from leads l cross join lateral (select count(*) as n, min(at) as since from unheard_of(l.id)) u
           where l.taken_over_at is not null and u.n > 0 order by u.since, l.id limit p_limit) x
$$;

-- As in 20261123000010, and besides it says and remembers how many messages stay without an answer.
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
    -- Including the one that the assistant was about to answer at the take-over. What never wanted an answer (a
    -- reaction) was marked the moment it came.
    -- A withdrawn reply gives its key free: the same turn is going to have another one.
    update lead_messages set dedupe_key = dedupe_key || ':withdrawn:' || id
     where lead_id = p_lead and withdrawn_at >= l.taken_over_at and dedupe_key not like '%:withdrawn:%';
    update lead_messages m set answered_at = null, answered_by = null, left_at = null
     where m.lead_id = p_lead and m.message_direction = 'user'
       and ((m.answered_by is null and m.answered_at > m.created_at and m.answered_at >= l.taken_over_at)
            or m.answered_by in (select w.id from lead_messages w where w.lead_id = p_lead
                                  and w.withdrawn_at >= l.taken_over_at and w.delivery_status = 'failed')
            -- left at an earlier give-back, and nobody has said anything since
            or (m.left_at is not null and m.id = any(unheard)))
       and not exists (select 1 from lead_messages a where a.lead_id = p_lead and a.message_direction = 'agent'
                        and a.seq > m.seq and a.delivery_status <> 'failed');
    get diagnostics reopened = row_count;
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

-- As in 20261123000004, with `unheard_at`: since when the lead waits for a person, and `wrong_person` as on its page.
create or replace function ops_leads(p_stages text[], p_waiting boolean, p_search text, p_after text, p_limit int)
returns jsonb language plpgsql stable set search_path = public, pg_temp as $$
declare
  activity constant text := 'greatest(l.last_inbound_at, l.last_outbound_at, l.created_at)';
  wanted text := nullif(btrim(p_search), ''); part text; digits text; hex text; ways text[] := '{}';
  filter text := 'true'; source text; result jsonb; from_at timestamptz; from_id uuid;
begin
  if p_after ~ '^[0-9]{1,17}\.[0-9a-f-]{36}$' then
    from_at := timestamptz 'epoch' + split_part(p_after, '.', 1)::bigint * interval '1 microsecond';
    from_id := uuid_of(split_part(p_after, '.', 2));
    filter := filter || format(' and (%s, l.id) < ($1, $2)', activity);
  end if;
  if p_waiting then
    filter := filter || ' and l.id = any(array(select h.lead_id from handoffs h where h.acknowledged_at is null))';
  end if;
  if wanted is not null then
    part := replace(replace(replace(searchable(wanted), '\', '\\'), '%', '\%'), '_', '\_');
    if length(part) > 2 then
      ways := ways || format('searchable(l.name) like %L', '%' || part || '%');
    else
      -- two letters in the middle of a word have no trigram; at its beginning they have
      ways := ways || format('(searchable(l.name) like %L or searchable(l.name) like %L)',
                             part || '%', '% ' || part || '%');
    end if;
    digits := regexp_replace(wanted, '[^0-9]', '', 'g');
    if digits <> '' and wanted ~ '^[0-9 +().-]+$' then
      ways := ways || format('l.phone_number like %L', '%' || digits || '%');
    end if;
    hex := replace(lower(wanted), '-', '');
    if hex ~ '^[0-9a-f]{4,32}$' then
      ways := ways || format('l.id between %L and %L', rpad(hex, 32, '0'), rpad(hex, 32, 'f'));
    end if;
    filter := filter || ' and (' || array_to_string(ways, ' or ') || ')';
  end if;
  source := format('select l.id, %1$s as activity from leads l where %2$s', activity, filter);
  if coalesce(cardinality(p_stages), 0) > 0 then
    -- one short look per stage, because one for several stages would have to sort all of their leads
    source := format('select x.* from unnest($3) s(stage) cross join lateral (%s and l.conversation_state = s.stage
                        order by activity desc, l.id desc limit $4 + 1) x', source);
  end if;
  execute format($page$
    with page as materialized (select * from (%s) p order by activity desc, id desc limit $4 + 1),
    shown as (select * from page order by activity desc, id desc limit $4)
    select jsonb_build_object(
      'rows', coalesce((select jsonb_agg(jsonb_build_object('id', l.id, 'name', l.name, 'phone_number', l.phone_number,
          'city', l.city, 'state', l.state, 'stage', l.conversation_state, 'qualification', l.qualification_status,
          'last_activity_at', s.activity, 'taken_over_by', l.taken_over_by, 'unreachable', l.unreachable_at is not null,
          'handoff_reason', h.reason, 'handoff_at', h.created_at,
          'wrong_person', coalesce((l.memory->>'disowned')::boolean, false)
                          or coalesce(l.memory->>'ended' = 'wrong_person', false),
          -- asked only of the few with whom a person spoke
          'unheard_at', case when l.taken_over_at is not null
              or exists (select 1 from lead_messages x where x.lead_id = l.id and x.left_at is not null)
            then (select min(u.at) from unheard_of(l.id) u) end) order by s.activity desc, s.id desc)
        from shown s join leads l on l.id = s.id left join lateral (
          select reason, created_at from handoffs where lead_id = l.id and acknowledged_at is null
           order by created_at limit 1) h on true), '[]'),
      'next', case when (select count(*) from page) > $4 then
        (select (extract(epoch from activity) * 1000000)::bigint || '.' || id
           from shown order by activity, id limit 1) end)
    $page$, source) into result using from_at, from_id, p_stages, greatest(p_limit, 1);
  return result;
end $$;

-- As in 20261123000005, with `unheard`: how many of those who are taken over wait for their person. Asked every few seconds
-- like due_runs, and planned by hand for the same reason.
create or replace function ops_gauges(p_overdue_seconds double precision) returns jsonb
language sql stable set search_path = public, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
  with waiting as (
    select count(*) as n, min(created_at) as oldest from lead_messages
     where message_direction = 'user' and answered_at is null),
  unsent as (
    -- older ones are past their window, and nobody tries them again
    select count(*) as n, min(created_at) as oldest from lead_messages
     where delivery_status in ('queued', 'sending', 'uncertain') and created_at > now() - interval '24 hours'),
  handed as (select count(*) as n, min(created_at) as oldest from handoffs where acknowledged_at is null)
  select jsonb_build_object(
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

-- As in 20261123000007, with the last reminder, which messages are reminders, which nobody has answered, how each turn came about, what
-- the lead told for a consultant, and whether it is somebody else's form (flows.assistant.state.State).
create or replace function ops_sheet(p_lead uuid, p_messages int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'id', l.id, 'phone_number', l.phone_number, 'wa_user_id', l.wa_user_id, 'name', l.name, 'email', l.email,
    'city', l.city, 'state', l.state, 'client_type', l.client_type, 'invoice_amount', l.invoice_amount,
    'invoice_band', l.invoice_band, 'stage', l.conversation_state, 'qualification', l.qualification_status,
    'source', l.source, 'created_at', l.created_at, 'last_inbound_at', l.last_inbound_at,
    'last_outbound_at', l.last_outbound_at, 'opted_out_at', l.opted_out_at, 'unreachable_at', l.unreachable_at,
    'unreachable_code', l.unreachable_code, 'taken_over_at', l.taken_over_at, 'taken_over_by', l.taken_over_by,
    'last_reminder', last_reminder(l.id), 'notes', coalesce(l.memory->'notes', '[]'),
    'wrong_person', coalesce((l.memory->>'disowned')::boolean, false)
                    or coalesce(l.memory->>'ended' = 'wrong_person', false))
  || jsonb_build_object(
    'messages', (select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'who', m.message_direction,
        'type', m.message_type, 'text', m.message_content, 'at', m.created_at,
        'answered', m.message_direction <> 'user' or m.answered_at is not null, 'delivery_status',
        case when m.delivery_status = 'failed' and m.withdrawn_at is not null then 'withdrawn' else m.delivery_status end,
        'error_code', m.error_code, 'attempts', m.attempts, 'unheard', u.message_id is not null,
        'reminder', coalesce(m.message_direction = 'bot' and m.dedupe_key like 'reminder:%', false),
        'template', m.template->>'name', 'author', m.author,
        'options', message_options(m.content, m.template), 'list_label',
        case when jsonb_array_length(coalesce(m.content->'rows', '[]')) > 0 then m.content->>'list_label' end,
        'turn', case when t.id is not null then jsonb_build_object('messages', t.message_ids, 'why', t.why) end)
        order by m.seq), '[]')
      from (select * from lead_messages where lead_id = l.id order by seq desc limit p_messages) m
        left join unheard_of(l.id) u on u.message_id = m.id
        -- a turn stands under what was said in it, a silent one under the last message that it was silent to
        left join (select distinct on (at_message) coalesce(message_id, message_ids[cardinality(message_ids)]) as at_message,
                          id, message_ids, why
                     from turns where lead_id = l.id order by at_message, id desc) t on t.at_message = m.id),
    'bills', (select coalesce(jsonb_agg(to_jsonb(b) order by b.created_at, b.id), '[]')
      from energy_bills b where b.lead_id = l.id),
    'offers', (select coalesce(jsonb_agg(jsonb_build_object('position', o.position, 'plan_id', o.plan_id,
        'name', o.plan_name, 'utility', o.utility_name, 'discount', o.discount, 'fidelity_months', o.fidelity_months,
        'benefits', o.benefits, 'offered_at', o.offered_at, 'chosen_at', o.chosen_at)
        order by o.offered_at, o.position), '[]')
      from lead_plan_offers o where o.lead_id = l.id),
    'runs', (select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'flow', r.flow, 'status', r.status,
        'outcome', r.outcome, 'flow_run_id', r.flow_run_id, 'reminders', r.reminders, 'created_at', r.created_at,
        'updated_at', r.updated_at, 'wake_due_at', r.wake_due_at) order by r.created_at desc, r.id), '[]')
      from runs r where r.lead_id = l.id),
    'stages', (select coalesce(jsonb_agg(jsonb_build_object(
        'from_state', s.from_state, 'to_state', s.to_state, 'at', s.at)
        order by s.at, s.id), '[]') from lead_status s where s.lead_id = l.id),
    'handoffs', (select coalesce(jsonb_agg(jsonb_build_object('id', h.id, 'reason', h.reason, 'summary', h.summary,
        'partner_lead_id', h.partner_lead_id, 'created_at', h.created_at, 'acknowledged_at', h.acknowledged_at,
        'acknowledged_by', h.acknowledged_by) order by h.created_at, h.id), '[]')
      from handoffs h where h.lead_id = l.id),
    'actions', (select coalesce(jsonb_agg(action_json(a) order by a.at desc, a.id desc), '[]')
      from operator_actions a where a.lead_id = l.id))
  from leads l where l.id = p_lead
$$;
