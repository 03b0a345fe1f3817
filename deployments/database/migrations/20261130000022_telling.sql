-- Telling people outside the pages (webhook/telling.py): what happened since, as one message, each thing at most once.

-- The one message that is on its way. It keeps its id and what it tells until it is through: whoever takes it twice knows it
-- by its id, and what happens meanwhile is the next one's. `since`: the first try; `unsure`: a try may have gone through.
create table if not exists telling (
  one      boolean primary key default true check (one),
  claim    uuid,
  since    timestamptz,
  tried_at timestamptz,
  unsure   boolean not null default false,
  told_at  timestamptz
);
alter table telling enable row level security;

-- What a claim tells, oldest first. A hand-over that somebody took up meanwhile is nobody's news.
create or replace function claimed_news(p_claim uuid, p_unsure boolean) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('claim', p_claim, 'unsure', p_unsure, 'news', coalesce(jsonb_agg(jsonb_build_object('id', id, 'at', at,
           'kind', kind, 'subject', subject, 'what', what, 'detail', detail) order by at, id), '[]'))
    from (select id::text, at, kind, subject, what, detail from news where telling = p_claim and told_at is null
          union all
          select id::text, created_at, 'handoff', lead_id::text, reason, '{}' from handoffs
           where telling = p_claim and acknowledged_at is null) n
$$;

-- The message to send now, or null. What can wait, hand-overs and failed runs, gathers for p_every_seconds after the last one.
-- A try that never reported is repeated after 20 s. p_patience_seconds after the first, one that may have gone through is
-- counted as told, because by then nobody knows the id again.
create or replace function claim_news(p_every_seconds float, p_patience_seconds float) returns jsonb
language plpgsql set search_path = public, pg_temp set enable_seqscan = off as $$
declare t telling; new_claim uuid := gen_random_uuid(); n int; m int;
begin
  insert into telling default values on conflict do nothing;
  select * into t from telling where one for update skip locked;
  if not found then return null; end if;
  if t.claim is not null then
    if t.tried_at > now() - interval '20 seconds' then return null; end if;
    if not t.unsure or t.since > now() - make_interval(secs => p_patience_seconds) then
      update telling set tried_at = now(), unsure = true, since = case when t.unsure then since else now() end where one;
      return claimed_news(t.claim, t.unsure);
    end if;
    perform told_news(t.claim);
    t.told_at := now();
  end if;
  if t.told_at > now() - make_interval(secs => p_every_seconds)
     and not exists (select 1 from news where serious and telling is null and kind <> 'run') then
    return null;
  end if;
  update news set telling = new_claim
   where id in (select id from news where serious and telling is null order by id limit 500);
  get diagnostics n = row_count;
  update handoffs set telling = new_claim
   where id in (select id from handoffs where acknowledged_at is null and telling is null order by created_at limit 500);
  get diagnostics m = row_count;
  if n + m = 0 then return null; end if;
  update telling set claim = new_claim, since = now(), tried_at = now(), unsure = true where one;
  return claimed_news(new_claim, false);
end $$;

create or replace function told_news(p_claim uuid) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare n int;
begin
  update telling set claim = null, told_at = now() where claim = p_claim;
  get diagnostics n = row_count;
  update news set told_at = now() where telling = p_claim and told_at is null;
  return jsonb_build_object('told', n = 1);
end $$;

-- A try failed. p_unsure: this one or an earlier one may have gone through all the same.
create or replace function put_off_news(p_claim uuid, p_unsure boolean) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  update telling set tried_at = null, unsure = p_unsure where claim = p_claim;
  return jsonb_build_object('put_off', found);
end $$;

-- A run that failed; one that is tried again and fails again ends at another instant. No-op when it is known.
create or replace function note_failed_runs(p_runs jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare n int;
begin
  insert into news (at, kind, subject, what, serious)
  select (r->>'at')::timestamptz, 'run', r->>'subject', r->>'what', true from jsonb_array_elements(p_runs) r
  on conflict do nothing;
  get diagnostics n = row_count;
  return jsonb_build_object('noted', n);
end $$;

-- Which workers Prefect knows: p_stopped, that died without a word, by name and last sign of life; p_alive, how many live.
-- That none does is news once, and so is that there are some again.
create or replace function note_workers(p_stopped jsonb, p_alive int) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare n int; stands text;
begin
  perform pg_advisory_xact_lock(hashtext('serena.workers'));
  select what into stands from news where kind = 'worker' and subject = '' order by at desc limit 1;
  insert into news (at, kind, subject, what, detail, serious)
  select (w->>'at')::timestamptz, 'worker', w->>'subject', 'stopped', jsonb_build_object('alive', p_alive), true
    from jsonb_array_elements(p_stopped) w
  on conflict do nothing;
  get diagnostics n = row_count;
  if (p_alive = 0) <> (coalesce(stands, 'alive') = 'none') then
    insert into news (kind, subject, what, serious) values ('worker', '', case when p_alive = 0 then 'none' else 'alive' end, true);
    n := n + 1;
  end if;
  return jsonb_build_object('noted', n);
end $$;
create index if not exists news_workers on news (at) where kind = 'worker' and subject = '';
