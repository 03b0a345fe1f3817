-- What the CRM is told (docs/crm.md): one row an event, written in the transaction in which it happened, sent by the webhook
-- (webhook/telling.py) until the CRM takes it. A row holds ids and codes; personal fields, where they are chosen, are read at
-- the moment of sending, so that nothing here outlives an erasure. Without a configured CRM (`crm` of the rules) none is written.

create table if not exists crm_events (
  id            uuid primary key default gen_random_uuid(),  -- the receiver's key against doubles
  seq           bigint generated always as identity,
  kind          text not null,
  lead_id       uuid not null,          -- no foreign key: an erasure is told, too
  detail        jsonb not null default '{}',
  happened_at   timestamptz not null default now(),
  attempts      integer not null default 0,
  due_at        timestamptz not null default now(),
  delivered_at  timestamptz,
  given_up_at   timestamptz,
  http_status   integer,                -- of the last try; null where nobody answered
  problem       text                    -- its kind, in a word
);
alter table crm_events enable row level security;
create index if not exists crm_events_due on crm_events (due_at, seq) where delivered_at is null and given_up_at is null;
create index if not exists crm_events_given_up on crm_events (seq) where given_up_at is not null;
create index if not exists crm_events_lead on crm_events (lead_id);
create index if not exists crm_events_newest on crm_events (seq desc);
create index if not exists crm_events_done on crm_events (happened_at) where delivered_at is not null or given_up_at is not null;

create or replace function tell_crm(p_kind text, p_lead uuid, p_detail jsonb default '{}') returns void
language sql set search_path = public, pg_temp as $$
  insert into crm_events (kind, lead_id, detail) select p_kind, p_lead, jsonb_strip_nulls(coalesce(p_detail, '{}'))
   where (starting_rules()->>'crm')::boolean
$$;

create or replace function leads_told() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform tell_crm('lead.created', new.id, jsonb_build_object('source', new.source));
    return null;
  end if;
  if new.qualification_status is distinct from old.qualification_status and new.qualification_status in ('QUALIFIED', 'NOT_QUALIFIED') then
    perform tell_crm('lead.qualified', new.id, jsonb_build_object('qualification', new.qualification_status));
  end if;
  if new.opted_out_at is not null and old.opted_out_at is null then
    perform tell_crm('lead.opted_out', new.id);
  end if;
  return null;
end $$;
create or replace trigger leads_are_told after insert on leads for each row execute function leads_told();
create or replace trigger leads_changes_are_told after update of qualification_status, opted_out_at on leads for each row
  when (old.qualification_status is distinct from new.qualification_status or old.opted_out_at is distinct from new.opted_out_at)
  execute function leads_told();

create or replace function handoffs_told() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  perform tell_crm('lead.handed_over', new.lead_id, jsonb_build_object('reason', new.reason, 'handoff_id', new.id));
  return null;
end $$;
create or replace trigger handoffs_are_told after insert on handoffs for each row execute function handoffs_told();

-- What came of speaking with them, as an operator noted it.
create or replace function contacts_told() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  perform tell_crm('lead.result', new.lead_id, jsonb_build_object('result', new.result, 'reason', new.reason,
                                                                 'call_back_at', new.call_back_at, 'contact_id', new.id));
  return null;
end $$;
create or replace trigger contacts_are_told after insert on lead_contacts for each row execute function contacts_told();

-- How a conversation with the assistant ended.
create or replace function runs_told() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if new.flow = 'conversation' and new.outcome <> 'merged' then
    perform tell_crm('lead.conversation_ended', new.lead_id, jsonb_build_object('outcome', new.outcome, 'run_id', new.id));
  end if;
  return null;
end $$;
create or replace trigger runs_are_told after update of status on runs for each row
  when (new.status = 'finished' and old.status <> 'finished') execute function runs_told();

-- The pause before the next try, by how many failed: seconds at first, then hours, in all five days; null: no more.
create or replace function crm_pause(p_attempts int) returns interval language sql immutable as $$
  select (array['5 s', '1 min', '5 min', '30 min', '2 h', '5 h', '10 h', '14 h', '20 h', '24 h', '24 h', '24 h']::interval[])[p_attempts]
$$;

-- What is due now, oldest first, each put off so that no other replica takes it meanwhile. p_fields: columns of `leads` that
-- go along; of an erased lead there are none.
create or replace function due_crm_events(p_limit int, p_fields text[], p_busy_seconds double precision) returns jsonb
language sql set search_path = public, pg_temp as $$
  with due as (
    select id from crm_events where delivered_at is null and given_up_at is null and due_at <= now()
     order by due_at, seq limit p_limit for update skip locked),
  taken as (update crm_events e set due_at = now() + make_interval(secs => p_busy_seconds) from due where e.id = due.id returning e.*)
  select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'kind', t.kind, 'lead_id', t.lead_id, 'detail', t.detail,
      'happened_at', t.happened_at, 'attempts', t.attempts, 'person', (
        select jsonb_object_agg(f.key, f.value) from leads l, jsonb_each(to_jsonb(l)) f
         where l.id = t.lead_id and f.key = any(p_fields))) order by t.seq), '[]') from taken t
$$;

-- How a try went. p_status null: nobody answered.
create or replace function crm_tried(p_id uuid, p_delivered boolean, p_status int, p_problem text) returns jsonb
language sql set search_path = public, pg_temp as $$
  with done as (
    update crm_events set attempts = attempts + 1, http_status = p_status, problem = p_problem,
           delivered_at = case when p_delivered then now() end,
           due_at = now() + coalesce(crm_pause(attempts + 1), interval '0'),
           given_up_at = case when not p_delivered and crm_pause(attempts + 1) is null then now() end
     where id = p_id and delivered_at is null returning 1)
  select jsonb_build_object('noted', exists (select 1 from done))
$$;

create or replace function ops_crm(p_limit int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'waiting', (select count(*) from crm_events where delivered_at is null and given_up_at is null),
    'oldest', age_seconds((select min(happened_at) from crm_events where delivered_at is null and given_up_at is null)),
    'given_up', (select count(*) from crm_events where given_up_at is not null),
    'rows', (select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'kind', e.kind, 'lead_id', e.lead_id, 'happened_at', e.happened_at,
        'attempts', e.attempts, 'due_at', e.due_at, 'delivered_at', e.delivered_at, 'given_up_at', e.given_up_at,
        'http_status', e.http_status, 'problem', e.problem) order by e.delivered_at is not null, e.seq desc), '[]')
      from (select * from crm_events order by delivered_at is not null, seq desc limit p_limit) e))
$$;

-- Again, from the beginning: one of them, or (p_id null) all that were given up.
create or replace function ops_crm_again(p_operator text, p_id uuid) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare n int;
begin
  update crm_events set attempts = 0, due_at = now(), delivered_at = null, given_up_at = null, problem = null, http_status = null
   where (p_id is not null and id = p_id) or (p_id is null and given_up_at is not null);
  get diagnostics n = row_count;
  if n = 0 then return acted('nothing', null); end if;
  perform ops_record(p_operator, 'crm_again', null, jsonb_build_object('events', n));
  return acted('done', null);
end $$;
