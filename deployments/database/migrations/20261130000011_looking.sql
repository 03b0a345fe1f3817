-- What operators look at: lists, one lead in full, what happened. The shapes are those of flows.adapters.store.sheets.

set check_function_bodies = off;  -- wishes are of a later file

-- Text as people search for it: without case and without the accents of Portuguese. Its stated cost keeps the planner
-- from calling it row by row where an index knows the answer; most names have no accent, and for them it is cheap.
create or replace function searchable(p_text text) returns text
language plpgsql immutable parallel safe cost 1000 as $$
begin
  if octet_length(p_text) = char_length(p_text) then return lower(p_text); end if;
  return lower(translate(p_text, 'ÁÀÂÃÄáàâãäÉÈÊËéèêëÍÌÎÏíìîïÓÒÔÕÖóòôõöÚÙÛÜúùûüÇçÑñ',
                                 'AAAAAaaaaaEEEEeeeeIIIIiiiiOOOOOoooooUUUUuuuuCcNn'));
end $$;

-- What somebody may type to find a lead, in one line: name, city, state, digits of the number.
create or replace function lead_words(p_name text, p_city text, p_state text, p_phone text) returns text
language sql immutable parallel safe cost 1000 set search_path = public, pg_temp as $$
  select ' ' || searchable(concat_ws(' ', p_name, p_city, p_state, ltrim(p_phone, '+')))
$$;

-- Parts of words by trigrams, where the extension may be had (Supabase, most servers); a scan elsewhere.
do $$
declare home text;
begin
  if not exists (select 1 from pg_extension where extname = 'pg_trgm') then
    begin
      create schema if not exists extensions;
      create extension pg_trgm schema extensions;
    exception when insufficient_privilege or undefined_file or feature_not_supported or invalid_parameter_value then
      raise notice 'pg_trgm is not available: searching leads scans the table';
    end;
  end if;
  select n.nspname into home from pg_extension e join pg_namespace n on n.oid = e.extnamespace
   where e.extname = 'pg_trgm';
  if home is not null then
    execute format('create index if not exists leads_words on leads
                    using gin (lead_words(name, city, state, phone_number) %I.gin_trgm_ops)', home);
  end if;
end $$;
-- the list by source; and by what failed lately
create index if not exists leads_by_source_activity
  on leads (source, greatest(last_inbound_at, last_outbound_at, created_at), id);
create index if not exists lead_messages_failed on lead_messages (created_at, lead_id)
  where delivery_status = 'failed' and withdrawn_at is null;

-- A pattern that is found wherever the text stands.
create or replace function anywhere(p_text text) returns text language sql immutable as $$
  select '%' || replace(replace(replace(p_text, '\', '\\'), '%', '\%'), '_', '\_') || '%'
$$;

-- The condition for what was typed: every part of it somewhere, in any order. Parts of nothing but digits and their signs
-- are one number, however it was written: with or without country, leading zeros, ninth digit; one that a lead has is that
-- lead's, because the digits that all numbers share make a long look of a part. The beginning of an id is found too. Two letters in the middle of a word have no trigram; at its beginning they have.
create or replace function lead_search(p_typed text) returns text
language plpgsql stable set search_path = public, pg_temp as $$
declare words constant text := 'lead_words(l.name, l.city, l.state, l.phone_number)'; whole text;
        typed text := searchable(btrim(p_typed)); part text; digits text; ways text[]; all_of text[] := '{}'; hex text;
begin
  for part in select btrim(m[1]) from regexp_matches(typed, '([0-9(+][0-9 ().+-]*(?![^ ])|[^ ]+)', 'g') m loop
    digits := regexp_replace(part, '[^0-9]', '', 'g');
    if part ~ '^[0-9 ().+-]+$' and digits <> '' then
      ways := array[digits, ltrim(digits, '0')];
      -- numbers are kept with the ninth digit
      if length(ltrim(digits, '0')) in (10, 12) then
        ways := ways || regexp_replace(ltrim(digits, '0'), '^(55)?(\d\d)(\d{8})$', '\1\29\3');
      end if;
      select phone_number into whole from leads
       where phone_number = any(array(select c || w from unnest(ways) w, unnest(array['+', '+55']) c)) limit 1;
      if whole is not null then
        all_of := all_of || format('l.phone_number = %L', whole);
        continue;
      end if;
      all_of := all_of || ('(' || (select string_agg(distinct format('%s like %L', words, anywhere(w)), ' or ') from unnest(ways) w where w <> '')
        || case when part ~ ' ' then format(' or (%s)', (select string_agg(format('%s like %L', words, anywhere(w)), ' and ')
             from regexp_split_to_table(part, ' +') w where w <> '')) else '' end || ')');
    elsif length(part) > 2 then
      all_of := all_of || format('%s like %L', words, anywhere(part));
    else
      all_of := all_of || format('%s like %L', words, '% ' || substr(anywhere(part), 2));
    end if;
  end loop;
  hex := replace(typed, '-', '');
  return '(' || coalesce(array_to_string(all_of, ' and '), 'true')
    || case when hex ~ '^[0-9a-f]{4,32}$' then format(' or l.id between %L and %L', rpad(hex, 32, '0'), rpad(hex, 32, 'f')) else '' end
    || ')';
end $$;

-- One page of the list from `p_after` on: the instant and id of the last row before it. The statement is built from what is
-- asked, so that each question is planned for itself and reads one index in order, without counting.
--
-- p_filter, all of it optional: "stages"; "search"; "waiting", with an open hand-over; "waited_hours", for so long; "held_by";
-- "held", by anybody; "failed", what we sent in the last week did not arrive; "source"; "from" and "until", of arrival.
-- "sort": activity (the newest first), arrival (the newest first), wait (the longest first, of those who wait).
-- `unheard_at`: since when the lead waits for a person.
create or replace function ops_leads(p_filter jsonb, p_after text, p_limit int)
returns jsonb language plpgsql stable set search_path = public, pg_temp as $$
declare
  open_since constant text := '(select min(h.created_at) from handoffs h where h.lead_id = l.id and h.acknowledged_at is null)';
  sort text := coalesce(p_filter->>'sort', 'activity'); upwards boolean := sort = 'wait';
  key text := case sort when 'arrival' then 'l.created_at' when 'wait' then open_since
                        else 'greatest(l.last_inbound_at, l.last_outbound_at, l.created_at)' end;
  direction text := case when upwards then 'asc' else 'desc' end;
  filter text := 'true'; words text := ''; source text; result jsonb; from_at timestamptz; from_id uuid;
  stages text[] := array(select jsonb_array_elements_text(coalesce(p_filter->'stages', '[]'))); staged boolean := stages <> '{}';
  rare text[]; gathered text;
begin
  if p_after ~ '^[0-9]{1,17}\.[0-9a-f-]{36}$' then
    from_at := timestamptz 'epoch' + split_part(p_after, '.', 1)::bigint * interval '1 microsecond';
    from_id := uuid_of(split_part(p_after, '.', 2));
    filter := filter || format(' and (%s, l.id) %s ($1, $2)', key, case when upwards then '>' else '<' end);
  end if;
  if upwards or (p_filter->>'waiting')::boolean or p_filter->>'waited_hours' is not null then
    filter := filter || format(' and l.id = any(array(select h.lead_id from handoffs h where h.acknowledged_at is null
      and h.created_at <= now() - make_interval(hours => %s)))', coalesce((p_filter->>'waited_hours')::int, 0));
  end if;
  if p_filter->>'held_by' is not null then
    filter := filter || format(' and l.id = any(array(select t.id from leads t where t.taken_over_at is not null and t.taken_over_by = %L))',
                               p_filter->>'held_by');
  elsif (p_filter->>'held')::boolean then
    filter := filter || ' and l.id = any(array(select t.id from leads t where t.taken_over_at is not null))';
  end if;
  if (p_filter->>'failed')::boolean then
    filter := filter || ' and l.id = any(array(select m.lead_id from lead_messages m where m.delivery_status = ''failed''
      and m.withdrawn_at is null and m.created_at > now() - interval ''7 days''))';
  end if;
  if p_filter->>'source' is not null then filter := filter || format(' and l.source = %L', p_filter->>'source'); end if;
  if p_filter->>'from' is not null then
    filter := filter || format(' and l.created_at >= %L', (p_filter->>'from')::timestamptz);
  end if;
  if p_filter->>'until' is not null then
    filter := filter || format(' and l.created_at < %L', (p_filter->>'until')::timestamptz);
  end if;
  if btrim(p_filter->>'search') <> '' then words := ' and ' || lead_search(p_filter->>'search'); end if;
  source := format('select l.id, %s as key from leads l where %s%s', key, filter, words);
  if words <> '' and not upwards and (staged or p_filter->>'source' is not null) then
    -- Words and a stage or source that hardly go together: the planner takes them for independent, and reads an order of leads
    -- to its end. So the beginning of that order is read, of each stage; what fills no page there is gathered by the words.
    execute format('select array_agg(stage) from unnest($3) s(stage) cross join lateral (
                      select count(*) as n from (select l.* from leads l where %s%s order by %s %s, l.id %4$s limit 3000) l where true%s) each
                     where n <= $4',
                   filter, case when staged then ' and l.conversation_state = s.stage' else '' end, key, direction, words)
      into rare using from_at, from_id, case when staged then stages else array[''] end, p_limit;
  end if;
  if rare is not null then
    gathered := format('with found as materialized (%s%s) select * from found', source,
      case when staged then format(' and l.conversation_state = any(%L::text[])', rare) else '' end);
  end if;
  if staged then
    -- one short look per stage, because one for several stages would have to sort all of their leads
    source := format('select x.* from unnest(%L::text[]) s(stage) cross join lateral (%s and l.conversation_state = s.stage
                        order by key %s, l.id %3$s limit $3 + 1) x', array(select unnest(stages) except select unnest(rare)), source, direction)
              || coalesce(' union all (' || gathered || ')', '');
  else
    source := coalesce(gathered, source);
  end if;
  execute format($page$
    with page as materialized (select * from (%1$s) p order by key %2$s, id %2$s limit $3 + 1),
    shown as (select * from page order by key %2$s, id %2$s limit $3)
    select jsonb_build_object(
      'rows', coalesce((select jsonb_agg(jsonb_build_object('id', l.id, 'name', l.name, 'phone_number', l.phone_number,
          'city', l.city, 'state', l.state, 'stage', l.conversation_state, 'qualification', l.qualification_status,
          'last_activity_at', greatest(l.last_inbound_at, l.last_outbound_at, l.created_at), 'created_at', l.created_at,
          'source', l.source, 'taken_over_by', l.taken_over_by, 'call_back_at', l.call_back_at,
          'unreachable', l.unreachable_at is not null, 'handoff_reason', h.reason, 'handoff_at', h.created_at,
          'wrong_person', coalesce((l.memory->>'disowned')::boolean, false)
                          or coalesce(l.memory->>'ended' = 'wrong_person', false),
          'last', last_words(l.id),
          -- asked only of the few with whom a person spoke
          'unheard_at', case when l.taken_over_at is not null
              or exists (select 1 from lead_messages x where x.lead_id = l.id and x.left_at is not null)
            then (select min(u.at) from unheard_of(l.id) u) end) order by s.key %2$s, s.id %2$s)
        from shown s join leads l on l.id = s.id left join lateral (
          select reason, created_at from handoffs where lead_id = l.id and acknowledged_at is null
           order by created_at limit 1) h on true), '[]'),
      'next', case when (select count(*) from page) > $3 then
        (select (extract(epoch from key) * 1000000)::bigint || '.' || id
           from shown order by key %3$s, id %3$s limit 1) end)
    $page$, source, direction, case when upwards then 'desc' else 'asc' end)
    into result using from_at, from_id, greatest(p_limit, 1);
  return result;
end $$;

-- What the list can be filtered by: how many leads stand at each stage, counted up to p_most, so that it costs the same with
-- a million; and the sources that there are, each found by one step in their index. (Not by a scan that hopes to meet enough
-- of a stage soon: of one at which nobody stands it would read all leads.)
create or replace function ops_filters(p_most int) returns jsonb language sql stable set search_path = public, pg_temp
  set enable_seqscan = off as $$
  with recursive sources(source) as (
    (select source from leads where source is not null order by source limit 1)
    union all
    select (select l.source from leads l where l.source > s.source order by l.source limit 1) from sources s where s.source is not null)
  select jsonb_build_object(
    'stages', (select coalesce(jsonb_object_agg(stage, n) filter (where n > 0), '{}')
       from unnest(array['FORM_SUBMITTED', 'INITIAL', 'AWAITING_PLACE', 'AWAITING_BILL', 'BILL_PROCESSED', 'PLANS_SENT', 'NOT_SERVED',
                         'INTERESTED', 'HUMAN_REQUESTED', 'OPTED_OUT', 'COMPLETED']) stage,
            lateral (select count(*) as n from (select 1 from leads where conversation_state = stage limit p_most) x) c),
    'sources', (select coalesce(jsonb_agg(source order by source), '[]') from (select source from sources where source is not null limit 50) s))
$$;

create or replace function action_json(p_action operator_actions) returns jsonb
language sql immutable set search_path = public, pg_temp as $$
  select jsonb_build_object('at', p_action.at, 'operator', p_action.operator, 'action', p_action.action,
                            'lead_id', p_action.lead_id, 'details', p_action.details)
$$;

-- What operators did, the newest first: all of them, or one; p_before: older than this row. The lead's name is read, not kept:
-- of somebody who was erased, or forgotten, there is none (`lead_known`).
create or replace function ops_actions(p_limit int, p_operator text default null, p_before bigint default null) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(action_json(a) || jsonb_build_object('id', a.id, 'lead_name', l.name, 'lead_known', l.id is not null)
                            order by a.id desc), '[]')
    from ((select * from operator_actions
            where p_operator is null and id < coalesce(p_before, 9223372036854775807) order by id desc limit p_limit)
          union all
          (select * from operator_actions
            where operator = p_operator and id < coalesce(p_before, 9223372036854775807) order by id desc limit p_limit)) a
    left join leads l on l.id = a.lead_id
$$;

-- What a lead can tap, in order: title and description of reply buttons or list rows. Of a template's button only the
-- payload is ours (its title is WhatsApp's, docs/meta.md); the lead's id behind the colon is left out.
create or replace function message_options(p_content jsonb, p_template jsonb) returns jsonb
language sql immutable as $$
  select coalesce(jsonb_agg(option order by kind, n), '[]') from (
    select 1 as kind, n, jsonb_build_object('title', o->>'title') as option
      from jsonb_array_elements(coalesce(p_content->'buttons', '[]')) with ordinality b(o, n)
    union all
    select 2, n, jsonb_build_object('title', o->>'title', 'description', coalesce(o->>'description', ''))
      from jsonb_array_elements(coalesce(p_content->'rows', '[]')) with ordinality r(o, n)
    union all
    select 3, n, jsonb_build_object('payload', split_part(payload, ':', 1))
      from jsonb_array_elements_text(coalesce(p_template->'buttons', '[]')) with ordinality t(payload, n)) options
$$;

-- What a form says and the lead does not: fields that were somebody else's word, or of another time. What the person said in
-- the chat since is no longer among them.
create or replace function unconfirmed(p_lead leads, p_form lead_forms) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_object_agg(k.key, k.value), '{}') from jsonb_each_text(p_form.fields) k
   where k.key in ('name', 'email', 'city', 'state', 'client_type', 'invoice_amount', 'invoice_band')
     and case k.key
       when 'invoice_amount' then k.value::numeric is distinct from p_lead.invoice_amount
                                  and k.value::numeric is distinct from (p_lead.memory->>'declared')::numeric
       else searchable(k.value) is distinct from searchable(to_jsonb(p_lead)->>k.key) end
$$;

-- One lead in full, with its newest messages; null for an unknown one. Of each message what it could be answered with by a
-- tap, whether it is a reminder, whether nobody has answered it and how its turn came about; `notes` is what the lead told
-- for a consultant, `wrong_person` whether it is somebody else's form (flows.assistant.state.State).
create or replace function ops_sheet(p_lead uuid, p_messages int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'id', l.id, 'phone_number', l.phone_number, 'wa_user_id', l.wa_user_id, 'name', l.name, 'email', l.email,
    'city', l.city, 'state', l.state, 'client_type', l.client_type, 'invoice_amount', l.invoice_amount,
    'invoice_band', l.invoice_band, 'holder_name', l.holder_name, 'stage', l.conversation_state, 'qualification', l.qualification_status,
    'source', l.source, 'created_at', l.created_at, 'last_inbound_at', l.last_inbound_at,
    'last_outbound_at', l.last_outbound_at, 'opted_out_at', l.opted_out_at, 'unreachable_at', l.unreachable_at,
    'unreachable_code', l.unreachable_code, 'taken_over_at', l.taken_over_at, 'taken_over_by', l.taken_over_by, 'call_back_at', l.call_back_at,
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
        'file', (select jsonb_build_object('path', f.storage_path, 'mime_type', f.mime_type, 'name', f.name, 'size', f.size_bytes)
          from sent_files f where f.message_id = m.id),
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
    -- of a form only what the lead does not have, or has otherwise, nor said in the chat
    'forms', (select coalesce(jsonb_agg(jsonb_build_object('at', f.created_at, 'started', f.started, 'reason', f.reason,
        'vouched', f.fields->>'vouched', 'unconfirmed', unconfirmed(l, f)) order by f.created_at, f.id), '[]')
      from lead_forms f where f.lead_id = l.id),
    'wishes', (select coalesce(jsonb_agg(wish_json(c) order by c.created_at, c.id), '[]') from lead_consents c
      where c.lead_id = l.id and c.kind = 'coverage_notice' and c.granted),
    'referrals', (select coalesce(jsonb_agg(jsonb_build_object('at', f.at, 'source_type', f.source_type, 'source_id', f.source_id,
        'headline', f.headline, 'ctwa_clid', f.ctwa_clid) order by f.at, f.id), '[]') from lead_referrals f where f.lead_id = l.id),
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
    'remarks', (select coalesce(jsonb_agg(jsonb_build_object('at', n.created_at, 'author', n.author, 'text', n.text)
        order by n.created_at desc, n.id), '[]') from lead_notes n where n.lead_id = l.id),
    'contacts', (select coalesce(jsonb_agg(jsonb_build_object('at', c.created_at, 'operator', c.operator, 'result', c.result,
        'reason', c.reason, 'call_back_at', c.call_back_at) order by c.created_at desc, c.id), '[]')
      from lead_contacts c where c.lead_id = l.id),
    'actions', (select coalesce(jsonb_agg(action_json(a) order by a.at desc, a.id desc), '[]')
      from operator_actions a where a.lead_id = l.id))
  from leads l where l.id = p_lead
$$;

-- The newest things that happened, oldest of them first. Ids, codes and stages only: this is shown in Prefect too.
create or replace function ops_timeline(p_lead uuid, p_limit int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with happened as (
    select * from (
      select coalesce(m.attempted_at, m.created_at) as at, 2 as n, m.seq as tie,
        case when m.message_direction = 'user' then 'inbound'
             when m.delivery_status = 'failed' and m.withdrawn_at is null then 'failed'
             when m.dedupe_key like 'reminder:%' then 'reminder' when m.template is not null then 'template'
             else 'sent' end as kind,
        case when m.message_direction = 'user' then jsonb_build_object('id', m.id, 'type', m.message_type)
             else jsonb_strip_nulls(jsonb_build_object('id', m.id, 'type', m.message_type, 'who', m.message_direction,
               'status', case when m.delivery_status = 'failed' and m.withdrawn_at is not null then 'withdrawn'
                              else m.delivery_status end,
               'code', m.error_code, 'template', m.template->>'name',
               'reminder', nullif(m.dedupe_key like 'reminder:%', false))) end as detail
        from lead_messages m where m.lead_id = p_lead order by m.seq desc limit p_limit) messages
    union all
    select t.at, 3, t.id, 'turn', turn_json(t) || jsonb_build_object('run_id', t.run_id)
      from turns t where t.lead_id = p_lead
    union all
    select s.at, 1, s.id, 'stage', jsonb_build_object('from', s.from_state, 'to', s.to_state)
      from lead_status s where s.lead_id = p_lead
    union all
    select h.created_at, 4, 0, 'handoff', jsonb_build_object('reason', h.reason)
      from handoffs h where h.lead_id = p_lead
    union all
    select a.at, 0, a.id, 'action', jsonb_build_object('action', a.action)
      from operator_actions a where a.lead_id = p_lead)
  select coalesce(jsonb_agg(jsonb_build_object('at', at, 'kind', kind, 'detail', detail) order by at, n, tie), '[]')
    from (select * from happened order by at desc, n desc, tie desc limit p_limit) newest
$$;
