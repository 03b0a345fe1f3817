-- The people who may look and act at /ops, and their logins. Outcomes of changes are those of flows.adapters.store.people.

-- `epoch` stands in every login's cookie: raised, it ends all of that operator's logins, in every replica, at the next request.
-- Nobody is deleted while a row of operator_actions names them, so that no other person gets their name (forget).
create table if not exists operators (
  name                 text primary key check (name = btrim(name) and char_length(name) between 1 and 60),
  role                 text not null check (role in ('reads', 'answers', 'administers')),
  password_hash        text check (password_hash like '$argon2%'),  -- null: invited, has chosen none yet
  password_changed_at  timestamptz,
  identity             text,  -- what the identity provider calls them, where they may log in there (OIDC_CLAIM)
  epoch                int not null default 1,
  -- SHA-256 in hex of the token of a link with which they choose a password, once, and until when that is good.
  link_hash            text unique check (link_hash ~ '^[0-9a-f]{64}$'),
  link_until           timestamptz,
  disabled_at          timestamptz,
  last_login_at        timestamptz,
  created_at           timestamptz not null default now(),
  created_by           text not null
);
alter table operators enable row level security;
-- "Ana" is not another person than "ana".
create unique index if not exists operators_spelt on operators (lower(name));
create unique index if not exists operators_identity on operators (lower(identity));

create or replace function administers(p_operator operators) returns boolean language sql immutable as $$
  select p_operator.role = 'administers' and p_operator.disabled_at is null and p_operator.password_hash is not null
$$;

-- The first ones (name to hash), where there is nobody yet: {"made", "known"}, both counts. The lock, here and below, makes
-- replicas that start at once, and administrators who change each other at once, take turns; nobody's look waits for it.
create or replace function ops_first_operators(p_operators jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare made int := 0;
begin
  if p_operators <> '{}' then
    lock table operators in share row exclusive mode;
    if not exists (select 1 from operators) then
      insert into operators (name, role, password_hash, password_changed_at, created_by)
      select key, 'administers', value, now(), 'OPS_OPERATORS' from jsonb_each_text(p_operators);
      get diagnostics made = row_count;
    end if;
  end if;
  return jsonb_build_object('made', made, 'known', (select count(*) from operators));
end $$;

create or replace function ops_operators() returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('name', name, 'role', role, 'invited', password_hash is null,
           'identity', identity, 'link_until', link_until, 'disabled_at', disabled_at, 'last_login_at', last_login_at,
           'password_changed_at', password_changed_at, 'created_at', created_at, 'created_by', created_by)
           order by disabled_at is not null, lower(name)), '[]') from operators
$$;

-- What a password is compared with; null for an unknown name, no hash for who may not log in.
create or replace function ops_credentials(p_operator text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('epoch', epoch, 'password_hash', case when disabled_at is null then password_hash end)
    from operators where name = p_operator
$$;

-- Whom the identity provider means; null for who is nobody here, or may not log in any more. It makes nobody an operator.
create or replace function ops_identified(p_identity text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('name', name, 'epoch', epoch) from operators where lower(identity) = lower(p_identity) and disabled_at is null
$$;

create or replace function ops_logged_in(p_operator text) returns jsonb
language sql set search_path = public, pg_temp as $$
  update operators set last_login_at = now() where name = p_operator;
  select ops_record(p_operator, 'login', null, '{}')
$$;

-- p_link: the hash of a link's token. Outcomes: done, taken (somebody has this name, also who may not log in any more).
create or replace function ops_invite(p_operator text, p_name text, p_role text, p_link text, p_seconds double precision)
returns jsonb language plpgsql set search_path = public, pg_temp as $$
begin
  lock table operators in share row exclusive mode;
  -- the same call once more, whose answer got lost
  if exists (select 1 from operators where link_hash = p_link) then return jsonb_build_object('outcome', 'done'); end if;
  if exists (select 1 from operators where lower(name) = lower(p_name)) then return jsonb_build_object('outcome', 'taken'); end if;
  insert into operators (name, role, link_hash, link_until, created_by)
  values (p_name, p_role, p_link, now() + make_interval(secs => p_seconds), p_operator);
  perform ops_record(p_operator, 'invite', null, jsonb_build_object('operator', p_name, 'role', p_role));
  return jsonb_build_object('outcome', 'done');
end $$;

-- p_what: set_role (p_role), set_identity (p_identity, null takes it away), disable, enable, end_logins, new_link (p_link).
-- Outcomes: done, nothing (it is so already), nobody, disabled (who may not log in gets no link), taken (that identity is
-- somebody's), last_administrator (somebody who can log in has to administer).
create or replace function ops_change_operator(p_operator text, p_name text, p_what text, p_role text default null,
  p_link text default null, p_seconds double precision default null, p_identity text default null) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare o operators; refused text;
begin
  lock table operators in share row exclusive mode;
  select * into o from operators where name = p_name;
  refused := case
    when o.name is null then 'nobody'
    when (p_what = 'set_role' and o.role = p_role) or (p_what = 'disable' and o.disabled_at is not null)
      or (p_what = 'enable' and o.disabled_at is null)
      or (p_what = 'set_identity' and o.identity is not distinct from p_identity) then 'nothing'
    when p_what = 'set_identity' and exists (select 1 from operators x where x.name <> o.name and lower(x.identity) = lower(p_identity)) then 'taken'
    when p_what = 'new_link' and o.disabled_at is not null then 'disabled'
    when p_what in ('set_role', 'disable') and administers(o)
      and not exists (select 1 from operators x where x.name <> o.name and administers(x)) then 'last_administrator' end;
  if refused is not null then return jsonb_build_object('outcome', refused); end if;
  case p_what
    when 'set_role' then update operators set role = p_role, epoch = epoch + 1 where name = p_name;
    when 'set_identity' then update operators set identity = p_identity, epoch = epoch + 1 where name = p_name;
    when 'disable' then
      update operators set disabled_at = now(), epoch = epoch + 1, link_hash = null, link_until = null where name = p_name;
    when 'enable' then update operators set disabled_at = null where name = p_name;
    when 'end_logins' then update operators set epoch = epoch + 1 where name = p_name;
    when 'new_link' then
      update operators set link_hash = p_link, link_until = now() + make_interval(secs => p_seconds) where name = p_name;
  end case;
  perform ops_record(p_operator, p_what, null, jsonb_strip_nulls(jsonb_build_object('operator', p_name, 'role', p_role)));
  return jsonb_build_object('outcome', 'done');
end $$;

-- Whoever has the machine gets in again when nobody can log in who administers: this name administers, and gets a link.
create or replace function ops_rescue(p_operator text, p_name text, p_link text, p_seconds double precision) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare known text;
begin
  lock table operators in share row exclusive mode;
  insert into operators as o (name, role, link_hash, link_until, created_by)
  values (p_name, 'administers', p_link, now() + make_interval(secs => p_seconds), p_operator)
  on conflict (lower(name)) do update set role = 'administers', disabled_at = null, epoch = o.epoch + 1,
    link_hash = excluded.link_hash, link_until = excluded.link_until
  returning name into known;
  perform ops_record(p_operator, 'rescue', null, jsonb_build_object('operator', known));
  return jsonb_build_object('name', known);
end $$;

-- Whose link this is; null once it was used, or is over.
create or replace function ops_invited(p_link text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('name', name) from operators
   where link_hash = p_link and link_until > now() and disabled_at is null
$$;

-- A password was chosen by a link, which is used up. Null as above.
create or replace function ops_join(p_link text, p_password_hash text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare known text;
begin
  update operators set password_hash = p_password_hash, password_changed_at = now(), epoch = epoch + 1, link_hash = null, link_until = null
   where link_hash = p_link and link_until > now() and disabled_at is null returning name into known;
  if known is not null then perform ops_record(known, 'choose_password', null, '{}'); end if;
  -- no two hashes are the same: it is there if this call had come before, and its answer got lost
  select name into known from operators where password_hash = p_password_hash;
  if known is null then return null; end if;
  return jsonb_build_object('name', known);
end $$;

-- One's own password, or without one only the end of one's logins: the epoch of the login that goes on; null when this one was
-- over meanwhile.
create or replace function ops_renew(p_operator text, p_epoch int, p_password_hash text default null) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare now_epoch int;
begin
  update operators set epoch = epoch + 1, password_hash = coalesce(p_password_hash, password_hash),
         password_changed_at = case when p_password_hash is null then password_changed_at else now() end,
         link_hash = null, link_until = null
   where name = p_operator and epoch = p_epoch and disabled_at is null returning epoch into now_epoch;
  if now_epoch is not null then
    perform ops_record(p_operator, case when p_password_hash is null then 'end_logins' else 'change_password' end, null,
                       case when p_password_hash is null then jsonb_build_object('operator', p_operator) else '{}' end);
  else  -- as in ops_join
    select epoch into now_epoch from operators where name = p_operator and password_hash = p_password_hash;
  end if;
  return case when now_epoch is not null then jsonb_build_object('epoch', now_epoch) end;
end $$;

-- Logins that were logged out: a cookie is valid by its signature alone, so each replica of the webhook asks here whether it was
-- ended before its time.
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

-- What this login may do; null when it is over. Asked at every request: one look at each of two primary keys.
create or replace function ops_session(p_operator text, p_epoch int, p_session text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('role', role) from operators
   where name = p_operator and epoch = p_epoch and disabled_at is null
     and not exists (select 1 from ended_sessions where session = p_session and until > now())
$$;
