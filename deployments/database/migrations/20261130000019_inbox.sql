-- The inbox: whom a person has to see to, who has them, and what came of it. Outcomes are those of
-- flows.adapters.store.sheets.Acted; the functions keep the manners of the file on acting.

-- Texts that the team sends often, with placeholders in braces (webhook/ops/replies.py).
create table if not exists canned_replies (
  id          uuid primary key default gen_random_uuid(),
  title       text not null unique check (title ~ '\S' and length(title) <= 60),
  body        text not null check (body ~ '\S' and length(body) <= 4096),
  changed_by  text not null,
  changed_at  timestamptz not null default now()
);

-- At once, and not only with the grants at the end: a new Supabase project opens every new table to everybody.
alter table canned_replies enable row level security;

-- Everybody whom a person has to see to, or has: an open hand-over, a conversation that was taken over, a call that is due.
-- `held`: the assistant is silent; `held_by` is null where nobody has them. `since`: what has waited for longest; null for
-- who only stays with somebody. Who is to be called later waits for nothing before, unless they write. Begins at partial
-- indexes of what is open, since it is asked every second.
create or replace function in_queue()
returns table (lead_id uuid, reason text, handoff_at timestamptz, unheard int, unheard_at timestamptz, held boolean,
               held_by text, call_back_at timestamptz, since timestamptz)
language sql stable set search_path = public, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
  with whom as (
    select h.lead_id from handoffs h where h.acknowledged_at is null
    union select l.id from leads l where l.taken_over_at is not null
    union select l.id from leads l where l.call_back_at <= now())
  select x.*, case when x.call_back_at > now() then x.unheard_at
                   else least(x.handoff_at, x.unheard_at, x.call_back_at) end
    from (select l.id, h.reason, h.created_at, coalesce(u.n, 0), u.since, l.taken_over_at is not null, l.taken_over_by,
                 l.call_back_at
            from whom join leads l on l.id = whom.lead_id
            left join lateral (select reason, created_at from handoffs where lead_id = l.id and acknowledged_at is null
                                order by created_at limit 1) h on true
            left join lateral (select count(*)::int as n, min(at) as since from unheard_of(l.id)
                                having l.taken_over_at is not null) u on true)
      x(lead_id, reason, handoff_at, unheard, unheard_at, held, held_by, call_back_at)
   where x.held or x.call_back_at is null or x.call_back_at <= now()
$$;

-- The newest thing that was said, cut short.
create or replace function last_words(p_lead uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('who', m.message_direction, 'type', m.message_type, 'text', left(m.message_content, 120),
           'template', m.template->>'name', 'at', m.created_at,
           'failed', coalesce(m.delivery_status = 'failed' and m.withdrawn_at is null, false))
    from lead_messages m where m.lead_id = p_lead and m.message_type not in ('reaction', 'system')
   order by m.seq desc limit 1
$$;

-- The queue as one operator looks at it, the longest wait first; p_whose: 'mine', 'nobody', 'others', or null for all.
create or replace function ops_queue(p_operator text, p_whose text, p_limit int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with q as materialized (
    select *, case when held_by is null then 'nobody' when held_by = p_operator then 'mine' else 'others' end as whose
      from in_queue()),
  shown as (select * from q where p_whose is null or whose = p_whose order by since nulls last, lead_id limit p_limit)
  select jsonb_build_object(
    'counts', jsonb_build_object('all', (select count(*) from q),
      'mine', (select count(*) from q where whose = 'mine'), 'nobody', (select count(*) from q where whose = 'nobody'),
      'others', (select count(*) from q where whose = 'others'),
      'waiting', (select count(*) from q where since is not null and whose <> 'others')),
    'rows', (select coalesce(jsonb_agg(jsonb_build_object('lead_id', s.lead_id, 'name', l.name, 'city', l.city,
        'state', l.state, 'stage', l.conversation_state, 'reason', s.reason, 'handoff_at', s.handoff_at,
        'unheard', s.unheard, 'unheard_at', s.unheard_at, 'held', s.held, 'held_by', s.held_by,
        'call_back_at', s.call_back_at, 'since', s.since, 'last', last_words(s.lead_id))
        order by s.since nulls last, s.lead_id), '[]') from shown s join leads l on l.id = s.lead_id))
$$;

-- Changes with everything that an operator's page about the lead shows; null for an unknown lead. `xmin` is the transaction
-- that last wrote a row. Runs are left out: leases are renewed every few seconds.
create or replace function lead_mark(p_lead uuid) returns text
language sql stable set search_path = public, pg_temp as $$
  select md5(concat_ws('|', l.xmin, l.ctid,
      (select string_agg(m.id || ':' || m.xmin, ',') from (
         select id, xmin from lead_messages where lead_id = l.id order by seq desc limit 60) m),
      (select string_agg(h.id || ':' || h.xmin, ',' order by h.id) from handoffs h where h.lead_id = l.id),
      (select string_agg(b.id || ':' || b.xmin, ',' order by b.id) from energy_bills b where b.lead_id = l.id),
      (select count(*) from lead_notes n where n.lead_id = l.id), (select count(*) from lead_contacts c where c.lead_id = l.id),
      (select max(a.id) from operator_actions a where a.lead_id = l.id), (select max(t.id) from turns t where t.lead_id = l.id)))
    from leads l where l.id = p_lead
$$;

-- What the pages that are open in browsers ask once a second, all of a process together: whether the queue or one of these
-- leads is another than before.
create or replace function ops_pulse(p_leads uuid[]) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with q as materialized (select * from in_queue())
  select jsonb_build_object(
    'queue', (select md5(coalesce(string_agg(q::text, ',' order by q.lead_id), '')) from q),
    'waiting', (select coalesce(jsonb_agg(to_jsonb(w) order by w.since, w.lead_id), '[]')
                  from (select * from q where since is not null order by since limit 1000) w),
    'leads', (select coalesce(jsonb_object_agg(id, lead_mark(id)), '{}') from unnest(p_leads) id))
$$;

-- Gives a conversation to somebody (p_to), or back to the queue for whoever comes (null); only from p_held_by, who had it by
-- the page that was looked at. The assistant is silent from then on.
create or replace function ops_assign(p_lead uuid, p_operator text, p_to text, p_held_by text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; wanted jsonb;
begin
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  if l.taken_over_at is not null and l.taken_over_by is not distinct from p_to then return acted('done', null); end if;
  if l.taken_over_by is distinct from p_held_by then
    return acted('taken_over', null) || jsonb_build_object('held_by', l.taken_over_by);
  end if;
  wanted := silence_assistant(p_lead, p_to);
  perform ops_record(p_operator, 'assign', p_lead, jsonb_strip_nulls(jsonb_build_object('to', p_to, 'from', p_held_by)));
  return acted('done', wanted);
end $$;

-- Back to the queue goes who waits for somebody that has done nothing for p_silent_seconds, counted from their last action
-- or from when the wait began, and at once who waits for somebody that may not answer any more; who is to be called later waits
-- for nobody. Returns how many.
create or replace function ops_lapse(p_silent_seconds double precision) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare q record; l leads; n int := 0; done_at timestamptz;
begin
  for q in select c.*, o.gone from in_queue() c, lateral (select exists (select 1 from operators
              where name = c.held_by and (disabled_at is not null or role = 'reads')) as gone) o
            where c.held_by is not null and c.since < case when o.gone then 'infinity' else now() - make_interval(secs => p_silent_seconds) end loop
    select * into l from leads where id = q.lead_id for no key update skip locked;
    continue when l.id is null or l.taken_over_by is distinct from q.held_by;
    select max(at) into done_at from operator_actions
     where lead_id = q.lead_id and (operator = q.held_by or (action = 'assign' and details->>'to' = q.held_by));
    continue when not q.gone and done_at >= now() - make_interval(secs => p_silent_seconds);
    update leads set taken_over_by = null, updated_at = now() where id = q.lead_id;
    perform ops_record(q.held_by, 'lapse', q.lead_id, '{}');
    n := n + 1;
  end loop;
  return jsonb_build_object('lapsed', n);
end $$;

create or replace function ops_note(p_lead uuid, p_operator text, p_key text, p_text text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare note uuid;
begin
  perform 1 from leads where id = p_lead for key share;
  if not found then return acted('no_such_lead', null); end if;
  insert into lead_notes (lead_id, key, author, text) values (p_lead, p_lead || ':' || p_key, p_operator, p_text)
  on conflict (key) do nothing returning id into note;
  if note is not null then perform ops_record(p_operator, 'note', p_lead, jsonb_build_object('note_id', note)); end if;
  return acted('done', null);
end $$;

-- What came of speaking with a lead, or of trying to: its hand-overs are done, and it comes back to the queue at
-- p_call_back_at, if at all. Who waits to be erased is not done with by a talk: refused until p_unerased, with which the
-- operator closes that wish without erasing anything (the person changed their mind); it is recorded as such.
create or replace function ops_contacted(p_lead uuid, p_operator text, p_result text, p_reason text,
                                         p_call_back_at timestamptz, p_unerased boolean) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare done int; erasures int; last lead_contacts;
begin
  perform 1 from leads where id = p_lead for no key update;
  if not found then return acted('no_such_lead', null); end if;
  select count(*), count(*) filter (where reason = 'erase_my_data') into done, erasures
    from handoffs where lead_id = p_lead and acknowledged_at is null;
  if erasures > 0 and not p_unerased then return acted('not_erased', null); end if;
  if p_call_back_at <= now() or (p_result = 'call_back' and p_call_back_at is null) then
    return acted('no_time', null);
  end if;
  -- the same form once more
  select * into last from lead_contacts where lead_id = p_lead order by created_at desc limit 1;
  if done = 0 and last.created_at > now() - interval '1 minute'
     and (last.operator, last.result) = (p_operator, p_result) and last.call_back_at is not distinct from p_call_back_at then
    return acted('done', null);
  end if;
  update handoffs set acknowledged_at = now(), acknowledged_by = p_operator
   where lead_id = p_lead and acknowledged_at is null;
  insert into lead_contacts (lead_id, operator, result, reason, call_back_at)
  values (p_lead, p_operator, p_result, p_reason, p_call_back_at);
  update leads set call_back_at = p_call_back_at, updated_at = now() where id = p_lead;
  perform ops_record(p_operator, case when erasures > 0 then 'dismiss_erasure' else 'contacted' end, p_lead,
                     jsonb_strip_nulls(jsonb_build_object('handoffs', done, 'result', p_result)));
  return acted('done', null);
end $$;

-- When to call somebody, without anything having come of it yet; null: not at all.
create or replace function ops_call_back(p_lead uuid, p_operator text, p_at timestamptz) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  perform 1 from leads where id = p_lead for no key update;
  if not found then return acted('no_such_lead', null); end if;
  if p_at <= now() then return acted('no_time', null); end if;
  update leads set call_back_at = p_at, updated_at = now() where id = p_lead and call_back_at is distinct from p_at;
  if found then
    perform ops_record(p_operator, case when p_at is null then 'no_call_back' else 'call_back' end, p_lead, '{}');
  end if;
  return acted('done', null);
end $$;

-- What an operator learned of the person: name, and place (city, state and its IBGE code together). What the assistant
-- knows of the place follows, where it knows one. The action names the fields, never what stands in them.
create or replace function ops_edit(p_lead uuid, p_operator text, p_fields jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; changed text[];
begin
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  select array_agg(k order by k) into changed from unnest(array['name', 'city', 'state', 'holder_name']) k
   where p_fields ? k and p_fields->>k is distinct from to_jsonb(l)->>k;
  if changed is null then return acted('done', null); end if;
  update leads set name = case when p_fields ? 'name' then p_fields->>'name' else name end,
    holder_name = case when p_fields ? 'holder_name' then p_fields->>'holder_name' else holder_name end,
    city = case when p_fields ? 'city' then p_fields->>'city' else city end,
    state = case when p_fields ? 'city' then p_fields->>'state' else state end,
    ibge_code = case when p_fields ? 'city' then (p_fields->>'ibge_code')::int else ibge_code end,
    memory = case when changed && array['city', 'state'] and memory ? 'place' and memory->>'place' is not null
                  then memory || jsonb_build_object('place', (p_fields->>'ibge_code')::int) else memory end,
    updated_at = now()
   where id = p_lead;
  perform ops_record(p_operator, 'edit', p_lead, jsonb_build_object('fields', changed));
  return acted('done', null);
end $$;

-- What a person read on the bill of this message. The assistant judges it as it judges its own reading.
create or replace function typed_bill(p_message uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('bill', (select jsonb_build_object('bill_id', id, 'fields', typed) from energy_bills
                                      where message_id = p_message and typed is not null
                                      order by created_at desc limit 1))
$$;

-- The bill's message is answered once more, now with what stands on it, and so the journey goes on: the assistant has the
-- conversation again, which is why it is refused to whom it does not belong. A journey that ended because nobody could read
-- the bill has not ended.
create or replace function ops_read_bill(p_lead uuid, p_operator text, p_bill uuid, p_fields jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; b energy_bills; said jsonb; wanted jsonb;
begin
  select * into l from leads where id = p_lead for no key update;
  select * into b from energy_bills where id = p_bill and lead_id = p_lead and message_id is not null;
  if l.id is null or b.id is null then return acted('no_such_lead', null); end if;
  if l.taken_over_by is distinct from p_operator and l.taken_over_by is not null then return not_held(l.taken_over_by); end if;
  said := may_start(p_lead, 'message');
  if said->>'verdict' <> 'go' then return acted(said->>'reason', null); end if;
  update energy_bills set typed = p_fields, typed_by = p_operator where id = b.id;
  update leads set taken_over_at = null, taken_over_by = null, updated_at = now() where id = p_lead;
  update handoffs set acknowledged_at = now(), acknowledged_by = p_operator
   where lead_id = p_lead and reason = 'needs_review' and acknowledged_at is null;
  if found and l.memory->>'ended' = 'person' then
    update leads set memory = memory - 'ended' - 'closing_sent_at' - 'refusals' where id = p_lead;
    perform set_stage(p_lead, 'AWAITING_BILL');
  end if;
  perform take_back_unheard(p_lead);
  update lead_messages set answered_at = null, answered_by = null, left_at = null where id = b.message_id;
  perform ops_record(p_operator, 'read_bill', p_lead, jsonb_build_object('bill_id', b.id));
  wanted := coalesce(interrupt_conversation(p_lead), wake_conversation(p_lead));
  perform pg_notify('lead_news', p_lead::text);
  return acted('done', wanted);
end $$;

-- Texts that the team sends often.
create or replace function ops_replies() returns jsonb language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'title', title, 'body', body, 'changed_by', changed_by,
                                               'changed_at', changed_at) order by searchable(title)), '[]')
    from canned_replies
$$;

-- p_id null: a new one; p_body null: it goes. "taken": another has this title.
create or replace function ops_save_reply(p_operator text, p_id uuid, p_title text, p_body text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare known uuid;
begin
  if p_body is null then
    delete from canned_replies where id = p_id returning id into known;
    if known is not null then perform ops_record(p_operator, 'drop_reply', null, jsonb_build_object('reply_id', p_id)); end if;
    return acted('done', null);
  end if;
  if exists (select 1 from canned_replies where title = p_title and id is distinct from p_id) then return acted('taken', null); end if;
  insert into canned_replies (id, title, body, changed_by) values (coalesce(p_id, gen_random_uuid()), p_title, p_body, p_operator)
  on conflict (id) do update set title = excluded.title, body = excluded.body, changed_by = excluded.changed_by, changed_at = now()
  returning id into known;
  perform ops_record(p_operator, 'save_reply', null, jsonb_build_object('reply_id', known));
  return acted('done', null);
end $$;

-- Wants an operator's message that is more than free text: an approved template (p_template), which may go after 24 hours
-- too, or the request for a phone number or a file (p_content). p_text is what the page shows of it. A file lies at its path
-- already, and is kept until its `delete_after`.
create or replace function ops_send(p_lead uuid, p_operator text, p_key text, p_text text, p_content jsonb, p_template jsonb)
returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare l leads; key text := 'agent:' || p_lead || ':' || p_key; wanted jsonb; out_id uuid; said jsonb; file jsonb := p_content->'file';
begin
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  if exists (select 1 from lead_messages where dedupe_key = key) then return acted('done', null); end if;
  if l.taken_over_at is null or l.taken_over_by is distinct from p_operator then
    return not_held(case when l.taken_over_at is not null then l.taken_over_by end);
  end if;
  said := may_start(p_lead, 'message', case when p_template is not null then 'template' end);
  if said->>'verdict' <> 'go' then return acted(said->>'reason', null); end if;
  wanted := wake_conversation(p_lead);
  insert into lead_messages (lead_id, run_id, message_direction, message_type, message_content, content, template,
                             delivery_status, dedupe_key, author)
  values (p_lead, (wanted->>'run_id')::uuid, 'agent',
          case when p_template is not null then 'template' when file is null then 'interactive'
               when file->>'mime_type' like 'image/%' then 'image' else 'document' end,
          p_text, p_content #- '{file,delete_after}', p_template, 'queued', key, p_operator) returning id into out_id;
  if file is not null then
    insert into sent_files (message_id, lead_id, storage_path, mime_type, size_bytes, name, delete_after)
    values (out_id, p_lead, file->>'path', file->>'mime_type', (file->>'size')::int, file->>'name', (file->>'delete_after')::timestamptz);
  end if;
  perform ops_record(p_operator, case when p_template is not null then 'write_template' when file is null then 'ask_phone'
                                      else 'send_file' end, p_lead,
                     jsonb_strip_nulls(jsonb_build_object('message_id', out_id, 'template', p_template->>'name')));
  perform pg_notify('lead_news', p_lead::text);
  return acted('done', wanted);
end $$;
