-- Being told, once, that there are plans in a place. The wish is the consent that was given for it (lead_consents): the same row
-- is the proof, what the assistant goes by (lead_json), what flows/notices.py keeps, and what pages and report count. It ends
--   told         by our template, in the moment in which WhatsApp took it (a trigger on the message, whatever told us of that);
--   shown        in the conversation, which read the plans first;
--   undelivered  WhatsApp gave the message up, and nobody insists;
--   withdrawn    by the person's word; stopped: with all messages of ours; merged: another row of the same person says it.

-- The message that keeps a wish has its id in its key, so there is one, ever.
create or replace function wish_of(p_key text) returns uuid language sql immutable set search_path = public, pg_temp as $$
  select case when p_key like 'notice:%' then uuid_of(substr(p_key, 8)) end
$$;

-- The wishes of a lead that stand.
create or replace function wishes_of(p_lead uuid) returns setof lead_consents
language sql stable set search_path = public, pg_temp as $$
  select * from lead_consents where lead_id = p_lead and kind = 'coverage_notice' and granted and ended_at is null
$$;

-- Where the lead was last told that there are plans, and when; null for never.
create or replace function last_notice(p_lead uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('place', ibge_code, 'at', ended_at) from lead_consents
   where lead_id = p_lead and kind = 'coverage_notice' and ended_by = 'told' order by ended_at desc limit 1
$$;

-- p_place null: everywhere.
create or replace function end_wishes(p_lead uuid, p_by text, p_place int default null) returns void
language sql set search_path = public, pg_temp as $$
  update lead_consents set ended_at = now(), ended_by = p_by
   where id in (select id from wishes_of(p_lead)) and (p_place is null or ibge_code = p_place)
$$;

-- What a person said of being told, in the turn that p_message ended. p_consent: flows.domain.Consent.
create or replace function note_wish(p_lead uuid, p_consent jsonb, p_message uuid) returns void
language plpgsql set search_path = public, pg_temp as $$
declare place int := (p_consent->>'ibge_code')::int; given boolean := (p_consent->>'given')::boolean;
begin
  if not given then perform end_wishes(p_lead, 'withdrawn', place); end if;
  insert into lead_consents (lead_id, kind, granted, ibge_code, utility, evidence)
  select p_lead, 'coverage_notice', given, place, p_consent->>'utility',
         jsonb_build_object('origin', 'chat', 'message_id', p_message)
   where not (given and exists (select 1 from wishes_of(p_lead) w where w.ibge_code = place));
end $$;

-- What was said since was not heard (take_back_unheard), and what it answered is about to be decided again.
create or replace function take_back_wishes(p_lead uuid, p_since timestamptz) returns void
language sql set search_path = public, pg_temp as $$
  delete from lead_consents c where c.lead_id = p_lead and c.kind = 'coverage_notice' and c.created_at >= p_since
     and not exists (select 1 from lead_messages m where m.dedupe_key = 'notice:' || c.id);
  update lead_consents set ended_at = null, ended_by = null
   where lead_id = p_lead and ended_by in ('shown', 'withdrawn') and ended_at >= p_since
$$;

-- Two leads have become one: nobody is told twice of one place, nor of one that they were told of, or said no to, since. A wish
-- whose message may be out stays before another.
create or replace function settle_wishes(p_lead uuid) returns void
language sql set search_path = public, pg_temp as $$
  with open as (
    select w.*, row_number() over (partition by w.ibge_code order by exists (
             select 1 from lead_messages m where m.dedupe_key = 'notice:' || w.id and m.delivery_status <> 'failed') desc,
             w.created_at, w.id) as n from wishes_of(p_lead) w)
  update lead_consents c set ended_at = now(), ended_by = 'merged' from open
   where c.id = open.id and (open.n > 1 or exists (
     select 1 from lead_consents o where o.lead_id = p_lead and o.kind = 'coverage_notice'
        and case when o.granted then o.ibge_code = c.ibge_code and o.ended_by in ('told', 'shown') and o.ended_at >= c.created_at
                 else coalesce(o.ibge_code, c.ibge_code) = c.ibge_code and o.created_at >= c.created_at end))
$$;

-- Who wants no more messages wants none of these either, and none comes back with a later word.
create or replace function stop_wishes() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  perform end_wishes(new.id, 'stopped');
  return null;
end $$;
create or replace trigger leads_stop_wishes after update of opted_out_at on leads for each row
  when (new.opted_out_at is not null and old.opted_out_at is null) execute function stop_wishes();

-- Where the message stands, the wish stands. A status may put back what was taken (refused by status, and wanted again).
create or replace function note_notice() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare ends text := case
  when status_rank(new.delivery_status) > 0 then 'told'
  when new.delivery_status = 'failed' and new.error_code is not null then 'undelivered' end;  -- without a code: withdrawn by the rule
begin
  update lead_consents set ended_by = ends, ended_at = case when ends is null then null when ended_by = ends then ended_at else now() end
   where id = wish_of(new.dedupe_key) and (ended_at is null or ended_by in ('told', 'undelivered'));
  return null;
end $$;
create or replace trigger lead_messages_note_notice after update of delivery_status on lead_messages for each row
  when (new.dedupe_key like 'notice:%' and new.delivery_status is distinct from old.delivery_status) execute function note_notice();

-- Wishes for which something can be done: not those whose message may be out already.
create or replace function wishes_to_keep() returns setof lead_consents
language sql stable set search_path = public, pg_temp as $$
  select w.* from lead_consents w left join lead_messages m on m.dedupe_key = 'notice:' || w.id
   where w.kind = 'coverage_notice' and w.granted and w.ended_at is null
     and coalesce(m.delivery_status not in ('sending', 'uncertain'), true)
$$;

-- What there is to ask the plans API: each place once for each distribuidora that people named. p_place null: all.
create or replace function wished_places(p_place int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('place', ibge_code, 'utility', utility, 'wishes', n, 'since', since) order by since), '[]')
    from (select ibge_code, utility, count(*) as n, min(created_at) as since from wishes_to_keep()
           where p_place is null or ibge_code = p_place group by 1, 2) p
$$;

-- Who asked for it, the longest first, from after the wish p_after on.
create or replace function wishes_for(p_place int, p_utility text, p_after uuid, p_limit int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'lead_id', lead_id) order by created_at, id), '[]') from (
    select w.id, w.lead_id, w.created_at from wishes_to_keep() w
     where w.ibge_code = p_place and w.utility is not distinct from p_utility
       and (p_after is null or (w.created_at, w.id) > (select a.created_at, a.id from lead_consents a where a.id = p_after))
     order by w.created_at, w.id limit p_limit) page
$$;

-- Wants the message that keeps this wish, where may_start says go; else the outcome is its reason, and the next run asks again.
-- "known": the wish has ended; "unknown": its message may be out. One that was withdrawn, or has not left, is this one.
create or replace function queue_notice(p_wish uuid, p_template jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare w lead_consents; m lead_messages; said jsonb;
begin
  loop
    perform 1 from leads where id = (select lead_id from lead_consents where id = p_wish) for no key update;
    -- not found: the lead was merged into another while we waited for it, or is gone
    exit when found or not exists (select 1 from lead_consents where id = p_wish);
  end loop;
  select * into w from lead_consents where id = p_wish;
  if w.id is null or w.ended_at is not null then return jsonb_build_object('outcome', 'known'); end if;
  select * into m from lead_messages where dedupe_key = 'notice:' || w.id for update;
  if m.delivery_status in ('sending', 'uncertain') then return jsonb_build_object('outcome', 'unknown'); end if;
  said := may_start(w.lead_id, 'notice', p_but => m.id, p_template => p_template);
  if said->>'verdict' <> 'go' then return said || jsonb_build_object('outcome', said->>'reason'); end if;
  if m.id is null then
    m.id := queue_started(w.lead_id, null, 'notice:' || w.id, '', null, p_template);
  else
    update lead_messages set template = p_template, delivery_status = 'queued', error_code = null, not_before = null, wamid = null,
           withdrawn_at = null where id = m.id;
  end if;
  return jsonb_build_object('outcome', 'queued', 'message_id', m.id);
end $$;

create or replace function wish_json(p_wish lead_consents) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('place', p_wish.ibge_code, 'utility', p_wish.utility, 'since', p_wish.created_at,
    'ended_at', p_wish.ended_at, 'ended_by', p_wish.ended_by,
    'template', starting_rules()->'templates' ? 'notice', 'status', (select m.delivery_status from lead_messages m where m.dedupe_key = 'notice:' || p_wish.id))
$$;

-- New in the period, told in it by our template or in the conversation, and standing at its end.
create or replace function wish_figures(p_since timestamptz, p_until timestamptz) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'wishes', (select count(*) from lead_consents where kind = 'coverage_notice' and granted
                and created_at >= p_since and created_at < p_until),
    'wishes_told', (select count(*) from lead_consents where kind = 'coverage_notice' and granted
                     and ended_at >= p_since and ended_at < p_until and ended_by = 'told'),
    'wishes_shown', (select count(*) from lead_consents where kind = 'coverage_notice' and granted
                      and ended_at >= p_since and ended_at < p_until and ended_by = 'shown'),
    'wishes_open', (select count(*) from lead_consents where kind = 'coverage_notice' and granted
                     and created_at < p_until and (ended_at is null or ended_at >= p_until)))
$$;
