-- What WhatsApp tells of the account itself: templates, numbers, limits, bans. Sending obeys it (account_wait, which may_start
-- asks), people see it, and whoever watches is told once (news, 20261130000022_telling.sql).

-- The newest word on each fact. kind and subject: template, `name:language`; number, its digits; account, its id. fact: of a
-- template `status`, `quality`, `category`, `next_category`; of a number `quality`; of an account `status`, `limit` (people a
-- day) and `restricted:TYPE`, whose detail says until when. Of the number that we send from also `ours`. Deliveries come in any order, so each fact has Meta's own instant.
create table if not exists account_states (
  kind     text not null check (kind in ('template', 'number', 'account')),
  subject  text not null,
  fact     text not null,
  value    text not null,
  detail   jsonb not null default '{}',
  at       timestamptz not null,
  primary key (kind, subject, fact)
);
alter table account_states enable row level security;

-- One row a piece of news: of the account; of a refusal by code, once an hour; of a limit of spend; of a run that failed, or a
-- worker. `serious`: a person has to know. `telling`: the claim under which they are told, `told_at` once that is over.
create table if not exists news (
  id       bigint generated always as identity primary key,
  at       timestamptz not null default now(),
  kind     text not null,
  subject  text not null,
  what     text not null,   -- Meta's word or code, or Prefect's
  detail   jsonb not null default '{}',
  serious  boolean not null,
  telling  uuid,
  told_at  timestamptz
);
alter table news enable row level security;
create index if not exists news_untold on news (id) where serious and telling is null;
create index if not exists news_telling on news (telling) where told_at is null;
create index if not exists news_age on news (at);
-- What is read from Prefect is read again and again, by every replica.
create unique index if not exists news_of_prefect on news (kind, subject, at) where kind in ('run', 'worker');

-- p_event: webhook/account.py. A fact that is older than what is known changes nothing.
create or replace function apply_account(p_event jsonb) returns void
language plpgsql set search_path = public, pg_temp as $$
declare f record; happened timestamptz := least(coalesce((p_event->>'at')::timestamptz, now()), now());
begin
  for f in select key, value from jsonb_each_text(coalesce(p_event->'facts', '{}')) loop
    insert into account_states (kind, subject, fact, value, detail, at)
    values (p_event->>'about', p_event->>'subject', f.key, f.value, coalesce(p_event->'detail', '{}'), happened)
    on conflict (kind, subject, fact) do update set value = excluded.value, detail = excluded.detail, at = excluded.at
     where account_states.at <= excluded.at;
  end loop;
  insert into news (at, kind, subject, what, detail, serious)
  values (happened, p_event->>'about', p_event->>'subject', p_event->>'what', coalesce(p_event->'detail', '{}'),
          (p_event->>'serious')::boolean);
  perform try_waiting_templates();
end $$;

-- What waits for the account is asked about again at once; begin_send puts off what still has to wait.
create or replace function try_waiting_templates() returns void
language sql set search_path = public, pg_temp as $$
  update lead_messages set not_before = now()
   where delivery_status = 'queued' and created_at > now() - interval '24 hours' and template is not null and not_before > now()
$$;

-- WhatsApp refused a message with a code that a person has to mend; null where its answer had none. Many messages meet the
-- same fault: it is news once an hour.
create or replace function note_fault(p_code int) returns void
language sql set search_path = public, pg_temp as $$
  insert into news (kind, subject, what, serious)
  select 'fault', '', coalesce(p_code::text, 'none'), true
   where not exists (select 1 from news where kind = 'fault' and what = coalesce(p_code::text, 'none')
                      and at > now() - interval '1 hour')
$$;

-- Whether a state stands in the way of messages that we start, or is a warning. (`restricted:…` holds until its instant.)
create or replace function account_stops(p_state account_states) returns boolean
language sql stable set search_path = public, pg_temp as $$
  select case
    when p_state.kind = 'template' then p_state.fact = 'status' and p_state.value in
      ('PAUSED', 'REJECTED', 'DISABLED', 'PENDING', 'IN_APPEAL', 'DELETED', 'PENDING_DELETION', 'ARCHIVED')
    when p_state.kind = 'account' and p_state.fact = 'status' then p_state.value = 'DISABLED'
    when p_state.fact like 'restricted:%' then p_state.value = 'yes'
      and coalesce((p_state.detail->'until'->>p_state.fact)::timestamptz > now(), true)
    -- another number of the account is nothing to us; by its last digits, since Brazilian ones are written with and without a ninth
    else p_state.kind = 'number' and p_state.fact = 'quality' and p_state.value = 'FLAGGED'
      and coalesce((select right(o.subject, 8) = right(p_state.subject, 8) from account_states o where o.kind = 'number' and o.fact = 'ours'), true) end
$$;

-- The digits of the number that we send from, as a delivery to it named them.
create or replace function note_own_number(p_number text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  delete from account_states where kind = 'number' and fact = 'ours' and subject <> p_number;
  insert into account_states (kind, subject, fact, value, at) values ('number', p_number, 'ours', 'yes', now()) on conflict do nothing;
  if found then perform try_waiting_templates(); end if;
  return jsonb_build_object('noted', found);
end $$;

create or replace function template_state(p_template jsonb, p_fact text) returns account_states
language sql stable set search_path = public, pg_temp as $$
  select * from account_states where kind = 'template' and fact = p_fact
     and subject = (p_template->>'name') || ':' || (p_template->>'language')
$$;

-- The people to whom we wrote first within a day: what Meta's limit counts.
create or replace function started_today(p_at timestamptz) returns bigint
language sql stable set search_path = public, pg_temp as $$
  select count(distinct lead_id) from lead_messages
   where template is not null and attempted_at > p_at - interval '24 hours' and delivery_status not in ('queued', 'failed')
$$;
create index if not exists lead_messages_started on lead_messages (attempted_at) where template is not null;

-- Null, or the verdict "wait" that the account asks of a message that we start. p_free: it would go as free text, inside the
-- 24-hour window, so that neither templates nor the limits of those who write first concern it.
create or replace function account_wait(p_kind text, p_free boolean, p_template jsonb, p_at timestamptz) returns jsonb
language plpgsql stable set search_path = public, pg_temp as $$
declare most bigint; s account_states;
begin
  if exists (select 1 from account_states x where x.kind = 'account' and x.fact = 'status' and account_stops(x)) then
    return verdict('wait', 'account_disabled');
  end if;
  if p_kind in ('welcome', 'reminder', 'notice') and spend_rests(p_at) then
    return verdict('wait', 'spend_limit', day_begins(day_of(p_at) + 1));
  end if;
  if p_free then return null; end if;
  select x.* into s from account_states x where x.kind = 'account' and x.fact like 'restricted:%' and account_stops(x) limit 1;
  if s.subject is not null then
    return verdict('wait', 'account_restricted', (s.detail->'until'->>s.fact)::timestamptz);
  end if;
  if account_stops(template_state(p_template, 'status')) then return verdict('wait', 'template_stopped'); end if;
  if p_kind in ('reminder', 'notice')
     and exists (select 1 from account_states x where x.kind = 'number' and account_stops(x)) then
    return verdict('wait', 'number_flagged');  -- what nobody waits for would make it worse
  end if;
  select value::bigint into most from account_states where kind = 'account' and fact = 'limit' order by at desc limit 1;
  if most is not null and most <= started_today(p_at) then return verdict('wait', 'messaging_limit', p_at + interval '1 hour'); end if;
  return null;
end $$;

-- A person answers from the phone app, on a number that is shared with it: the conversation is theirs, and the assistant is
-- silent. What our own program sent is no echo. Returns the lead, and what its conversation needs.
create or replace function apply_echo(p_event jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare who uuid; happened timestamptz := least(coalesce((p_event->>'at')::timestamptz, now()), now()); wanted jsonb;
begin
  if exists (select 1 from lead_messages where wamid = p_event->>'wamid') then return null; end if;
  who := resolve_lead(p_event->>'bsuid', p_event->>'phone', p_event->>'wa_id', null);
  insert into lead_messages (lead_id, wamid, message_direction, message_type, message_content, wa_timestamp, author,
                             delivery_status, attempted_at)
  values (who, p_event->>'wamid', 'agent', p_event->>'type', coalesce(p_event->>'text', ''), happened, 'celular', 'sent', happened);
  update leads set last_outbound_at = greatest(last_outbound_at, happened), updated_at = now() where id = who;
  if exists (select 1 from leads where id = who and taken_over_at is null) then
    wanted := ops_take_over(who, 'celular')->'dispatch';
  end if;
  return jsonb_build_object('lead_id', who, 'dispatch', wanted);
end $$;

-- For the operators' page, the doctor and the report: every fact, which of them stop something or warn, and the newest news.
create or replace function ops_account(p_limit int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'states', (select coalesce(jsonb_agg(jsonb_build_object('kind', s.kind, 'subject', s.subject, 'fact', s.fact,
        'value', s.value, 'detail', s.detail, 'at', s.at, 'stops', coalesce(account_stops(s), false)) order by s.kind, s.subject, s.fact), '[]')
      from account_states s where s.fact <> 'ours'),
    'news', (select coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'at', n.at, 'kind', n.kind, 'subject', n.subject,
        'what', n.what, 'detail', n.detail, 'serious', n.serious, 'told_at', n.told_at) order by n.at desc, n.id desc), '[]')
      from (select * from news order by at desc, id desc limit p_limit) n),
    'waiting', (select count(*) from lead_messages where delivery_status = 'queued' and template is not null
                 and created_at > now() - interval '24 hours'),
    'started', started_today(now()))
$$;

-- A person says that it is mended, though no word of Meta's came (or came to us): the state is forgotten.
create or replace function ops_account_mended(p_operator text, p_kind text, p_subject text, p_fact text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  delete from account_states where kind = p_kind and subject = p_subject and fact = p_fact;
  if not found then return acted('nothing', null); end if;
  perform ops_record(p_operator, 'account_mended', null, jsonb_build_object('kind', p_kind, 'subject', p_subject, 'fact', p_fact));
  perform try_waiting_templates();
  return acted('done', null);
end $$;
