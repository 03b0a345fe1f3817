-- What a day costs, as an estimate, and how far it may go: past the soft limit people are told, past the hard one the model
-- rests and what we start waits until midnight. Replies to people who write always go. Prices are the rules' (`spend`, which
-- flows/conversing/starting.py writes): {"prices": {category: reais a message}, "usd": reais a dollar, "tokens": [in, out]
-- (dollars a million, for a model without a known price), "soft", "hard": reais a day, or null}.

-- One row a day of São Paulo, measured anew all through it.
create table if not exists spend_days (
  day          date primary key,
  figures      jsonb not null,       -- spend_between
  reais        numeric(12,2) not null,
  soft_at      timestamptz,          -- when the day passed the limit
  hard_at      timestamptz,
  measured_at  timestamptz not null
);
alter table spend_days enable row level security;

create or replace function day_of(p_at timestamptz) returns date language sql immutable as $$
  select (p_at at time zone 'America/Sao_Paulo')::date
$$;
create or replace function day_begins(p_day date) returns timestamptz language sql immutable as $$
  select p_day::timestamp at time zone 'America/Sao_Paulo'
$$;

-- What WhatsApp charges one message as: the category that its status named, else that of its template by Meta's newest word,
-- else what a message of its kind is. Null where it is free, or did not arrive. (`billable` decides only without a `type`:
-- docs/whatsapp.md 3.2. What a person writes in the phone app is not ours.)
create or replace function charged_as(p_message lead_messages) returns text
language sql stable set search_path = public, pg_temp as $$
  select case
    when p_message.message_direction = 'user' or p_message.author = 'celular'
      or coalesce(p_message.delivery_status not in ('accepted', 'sent', 'delivered', 'read', 'played'), true) then null
    when p_message.pricing->>'type' <> 'regular' then null
    when p_message.pricing->>'type' is null and p_message.pricing->>'billable' = 'false' then null
    when p_message.pricing->>'category' is not null then replace(lower(p_message.pricing->>'category'), '-', '_')
    when p_message.template is null then 'service'
    else lower(coalesce((template_state(p_message.template, 'category')).value, 'utility')) end
$$;

-- The price of a category; of one with a longer name (`marketing_lite`) that of its beginning. Null: not known.
create or replace function price_of(p_category text, p_prices jsonb) returns numeric language sql immutable as $$
  select value::numeric from jsonb_each_text(p_prices) where p_category = key or p_category like key || '\_%'
   order by length(key) desc limit 1
$$;

-- An estimate for [p_since, p_until): messages by category, tokens, and both in reais. `unpriced`: charged messages and turns
-- of which nobody knows the price, and which are missing from it.
create or replace function spend_between(p_since timestamptz, p_until timestamptz) returns jsonb
language sql stable set search_path = public, pg_temp set work_mem = '32MB' as $$
  with r as (select starting_rules()->'spend' as rules),
  -- asked once for each message, which takes longer than to find it
  each as materialized (
    select charged_as(m) as category from lead_messages m
     where m.created_at >= p_since and m.created_at < p_until and m.message_direction <> 'user'),
  charged as (select category, count(*) as n from each group by category),
  messages as (select c.category, c.n, price_of(c.category, r.rules->'prices') as price from charged c, r where c.category is not null),
  asked as (
    select coalesce(sum(tokens_in), 0) as tokens_in, coalesce(sum(tokens_out), 0) as tokens_out,
           coalesce(sum(coalesce(t.cost, (t.tokens_in * (r.rules->'tokens'->>0)::numeric
                                          + t.tokens_out * (r.rules->'tokens'->>1)::numeric) / 1000000)), 0) as dollars,
           count(*) filter (where t.cost is null and t.tokens_in > 0 and r.rules->'tokens'->>0 is null) as unpriced
      from turns t, r where t.at >= p_since and t.at < p_until)
  select jsonb_build_object(
    'messages', (select coalesce(jsonb_object_agg(category, jsonb_build_object('count', n, 'reais', round(n * coalesce(price, 0), 2))), '{}')
                   from messages),
    'tokens_in', a.tokens_in, 'tokens_out', a.tokens_out, 'model_reais', round(a.dollars * (r.rules->>'usd')::numeric, 2),
    'unpriced', a.unpriced + (select coalesce(sum(n), 0) from messages where price is null),
    'reais', round(coalesce((select sum(n * coalesce(price, 0)) from messages), 0) + a.dollars * (r.rules->>'usd')::numeric, 2))
    from asked a, r
$$;

-- Measures this day anew, at most every p_every_seconds, whoever asks; who finds another at it leaves it to that one. News
-- when a limit is passed, once a day; a limit that was raised since is no longer passed.
create or replace function measure_spend(p_every_seconds double precision) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare today date := day_of(now()); d spend_days; said jsonb; sum numeric; rules jsonb := starting_rules()->'spend';
        soft numeric := (rules->>'soft')::numeric; hard numeric := (rules->>'hard')::numeric;
begin
  insert into spend_days (day, figures, reais, measured_at) values (today, '{}', 0, '-infinity') on conflict (day) do nothing;
  select * into d from spend_days where day = today and measured_at < now() - make_interval(secs => p_every_seconds)
     for update skip locked;
  if d.day is null then return jsonb_build_object('measured', false); end if;
  said := spend_between(day_begins(today), now());
  sum := (said->>'reais')::numeric;
  if sum >= soft and d.soft_at is null then perform note_spend('soft', sum, soft); end if;
  if sum >= hard and d.hard_at is null then perform note_spend('hard', sum, hard); end if;
  update spend_days set figures = said, reais = sum, measured_at = now(),
         soft_at = case when sum >= soft then coalesce(soft_at, now()) end,
         hard_at = case when sum >= hard then coalesce(hard_at, now()) end where day = today;
  return jsonb_build_object('measured', true);
end $$;

create or replace function note_spend(p_what text, p_reais numeric, p_limit numeric) returns void
language sql set search_path = public, pg_temp as $$
  insert into news (kind, subject, what, detail, serious)
  select 'spend', to_char(day_of(now()), 'YYYY-MM-DD'), p_what, jsonb_build_object('reais', p_reais, 'limit', p_limit), true
   where not exists (select 1 from news where kind = 'spend' and what = p_what
                      and subject = to_char(day_of(now()), 'YYYY-MM-DD'))
$$;

-- Whether the hard limit of that instant's day is passed.
create or replace function spend_rests(p_at timestamptz default now()) returns boolean
language sql stable set search_path = public, pg_temp as $$
  select exists (select 1 from spend_days where day = day_of(p_at) and hard_at is not null)
$$;

create or replace function ops_spend(p_days int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('day', day, 'reais', reais, 'soft_at', soft_at, 'hard_at', hard_at) || figures
                            order by day desc), '[]')
    from spend_days where day > day_of(now()) - p_days
$$;
