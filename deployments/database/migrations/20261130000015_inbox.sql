-- The inbox: whom a person has to see to, who has them, and what came of it. Outcomes are those of
-- flows.adapters.store.sheets.Acted; the functions keep the manners of the file on acting.

-- When somebody is to be called again: until then they are out of the queue, then they are in it.
alter table leads add column if not exists call_back_at timestamptz;
create index if not exists leads_call_back on leads (call_back_at) where call_back_at is not null;

-- What operators write to each other about a person. `key` makes a repeated form one note.
create table if not exists lead_notes (
  id          uuid primary key default gen_random_uuid(),
  lead_id     uuid not null references leads on delete cascade,
  key         text unique,
  author      text not null,
  text        text not null check (text ~ '\S' and length(text) <= 4000),
  created_at  timestamptz not null default now()
);
create index if not exists lead_notes_lead on lead_notes (lead_id, created_at);

-- What came of speaking with somebody, or of trying to. `reason` says why a lead was lost (flows/shown/words.toml).
create table if not exists lead_contacts (
  id            uuid primary key default gen_random_uuid(),
  lead_id       uuid not null references leads on delete cascade,
  operator      text not null,
  result        text not null check (result in ('sold', 'lost', 'unreachable', 'call_back')),
  reason        text check (result = 'lost' or reason is null),
  call_back_at  timestamptz,
  created_at    timestamptz not null default now()
);
create index if not exists lead_contacts_lead on lead_contacts (lead_id, created_at);
create index if not exists lead_contacts_period on lead_contacts (created_at, lead_id);

-- Texts that the team sends often, with placeholders in braces (webhook/ops/replies.py).
create table if not exists canned_replies (
  id          uuid primary key default gen_random_uuid(),
  title       text not null unique check (title ~ '\S' and length(title) <= 60),
  body        text not null check (body ~ '\S' and length(body) <= 4096),
  changed_by  text not null,
  changed_at  timestamptz not null default now()
);

-- At once, and not only with the grants at the end: a new Supabase project opens every new table to everybody.
do $$
declare t text;
begin
  foreach t in array array['lead_notes', 'lead_contacts', 'canned_replies'] loop
    execute format('alter table public.%I enable row level security', t);
  end loop;
end $$;

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
