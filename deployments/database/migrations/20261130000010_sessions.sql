-- Operators' logins that were logged out: a cookie is valid by its signature alone, so each replica of the webhook asks
-- here whether its session was ended before its time.
create table if not exists ended_sessions (
  session  text primary key check (session ~ '^[0-9a-f]{64}$'),  -- SHA-256 of its token, which stays with the browser
  until    timestamptz not null                                   -- its signature has run out by then at the latest
);
alter table ended_sessions enable row level security;
create index if not exists ended_sessions_age on ended_sessions (until);

-- p_lasts_seconds: how long the longest session may still last. Those that are over by themselves are forgotten, so the
-- table holds no more than the logouts of one session's time.
create or replace function ops_end_session(p_session text, p_lasts_seconds double precision) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  delete from ended_sessions where until < now();
  insert into ended_sessions (session, until) values (p_session, now() + make_interval(secs => p_lasts_seconds))
  on conflict (session) do update set until = greatest(ended_sessions.until, excluded.until);
  return jsonb_build_object('ended', true);
end $$;

-- One look at the primary key.
create or replace function ops_session_ended(p_session text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('ended', exists (select 1 from ended_sessions where session = p_session and until > now()))
$$;
