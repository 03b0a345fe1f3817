-- What the dashboard draws: a period by days of São Paulo. Definitions: flows.adapters.store.totals.

-- What a day that is over brought, added up once, since nothing of it changes any more: messages of 90 days are millions.
create table if not exists day_figures (
  day      date primary key,
  figures  jsonb not null
);
alter table day_figures enable row level security;

-- One day's figures; kept when the day has been over for long enough for its last reminders to be answered. Answer times are
-- seconds.
create or replace function ops_day(p_day date) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare since timestamptz := day_begins(p_day); until timestamptz := day_begins(p_day + 1); found jsonb; report jsonb;
begin
  select figures into found from day_figures where day = p_day;
  if found is not null then return found; end if;
  report := ops_report(since, until);
  found := (report - 'funnel' - 'fallbacks' - 'referrals') || jsonb_build_object('day', p_day);
  if until + interval '25 hours' < now() then
    insert into day_figures (day, figures) values (p_day, found) on conflict (day) do nothing;
  end if;
  return found;
end $$;

-- The days from p_since to p_until, both included. Of those that were never added up p_most are now, the newest first, so that
-- no call takes for ever; `missing` says how many are left.
create or replace function ops_days(p_since date, p_until date, p_most int) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare d date; days jsonb := '[]'; missing int := 0; done int := 0;
begin
  for d in select p_until - n from generate_series(0, p_until - p_since) n loop
    if exists (select 1 from day_figures where day = d) then
      days := days || ops_day(d);
    elsif done < p_most then
      done := done + 1;
      days := days || ops_day(d);
    else
      missing := missing + 1;
    end if;
  end loop;
  return jsonb_build_object('days', days, 'missing', missing);
end $$;

-- The leads that arrived in the period by day and by source, how far they got, and how long they waited for a person:
-- until somebody took over, wrote, or had spoken with them. p_source null: all. Seconds.
create or replace function ops_dashboard(p_since timestamptz, p_until timestamptz, p_source text) returns jsonb
language sql stable set search_path = public, pg_temp set work_mem = '32MB' as $$
  with arrived as materialized (
    select l.id, day_of(l.created_at) as day, coalesce(l.source, 'whatsapp') as source,
           l.last_inbound_at is not null as answered, l.qualification_status = 'QUALIFIED' as qualified
      from leads l where l.created_at >= p_since and l.created_at < p_until and (p_source is null or l.source = p_source)),
  chosen as (select distinct lead_id from handoffs where created_at >= p_since and reason = 'plan_chosen'),
  sold as (select distinct lead_id from lead_contacts where created_at >= p_since and result = 'sold'),
  ends as (select a.*, c.lead_id is not null as chose, s.lead_id is not null as bought
             from arrived a left join chosen c on c.lead_id = a.id left join sold s on s.lead_id = a.id),
  waits as (
    select day_of(h.created_at) as day,
           extract(epoch from least(h.acknowledged_at,
             (select min(a.at) from operator_actions a where a.lead_id = h.lead_id and a.at >= h.created_at
                and a.action in ('take_over', 'write', 'contacted'))) - h.created_at)::double precision as seconds
      from handoffs h join leads l on l.id = h.lead_id
     where h.created_at >= p_since and h.created_at < p_until and h.reason <> 'erase_my_data'
       and (p_source is null or l.source = p_source))
  select jsonb_build_object(
    'days', (select coalesce(jsonb_agg(jsonb_build_object('day', day, 'arrived', n, 'qualified', q, 'chose', c, 'sold', b) order by day), '[]')
       from (select day, count(*) as n, count(*) filter (where qualified) as q, count(*) filter (where chose) as c,
                    count(*) filter (where bought) as b from ends group by day) d),
    'sources', (select coalesce(jsonb_agg(jsonb_build_object('source', source, 'arrived', n, 'answered', r, 'qualified', q, 'chose', c, 'sold', b)
         order by n desc, source), '[]')
       from (select source, count(*) as n, count(*) filter (where answered) as r, count(*) filter (where qualified) as q,
                    count(*) filter (where chose) as c, count(*) filter (where bought) as b
               from ends group by source order by 2 desc limit 20) s),
    'contact_p50', (select percentile_cont(0.5) within group (order by seconds) from waits where seconds is not null),
    'contact_p95', (select percentile_cont(0.95) within group (order by seconds) from waits where seconds is not null),
    'contacts', (select coalesce(jsonb_agg(jsonb_build_object('day', day, 'handed', n, 'p50', p[1], 'p95', p[2]) order by day), '[]')
       from (select day, count(*) as n, percentile_cont(array[0.5, 0.95]) within group (order by seconds) as p
               from waits group by day) w),
    'ages', (select coalesce(jsonb_agg(extract(epoch from now() - h.created_at)::int order by h.created_at), '[]')
       from (select created_at from handoffs where acknowledged_at is null order by created_at limit 5000) h))
$$;
