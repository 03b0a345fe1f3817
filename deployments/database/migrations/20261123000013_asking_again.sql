-- What operators ask for twice: a reminder like the one that the lead has not answered yet, and the end of a wish to be
-- erased without an erasure. Both are refused until the operator says that this is meant.
-- The version before this one goes on working: it calls ops_remind_now and ops_contacted, which stay as they are.

-- The newest reminder that is out or on its way, and whether the lead has written since. A reaction is no writing: the
-- store marks it answered in the moment it comes.
create or replace function last_reminder(p_lead uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', r.id, 'at', coalesce(r.attempted_at, r.created_at),
           'answered', exists (select 1 from lead_messages m where m.lead_id = p_lead and m.message_direction = 'user'
                                and m.seq > r.seq and m.answered_at is distinct from m.created_at))
    from lead_messages r
   where r.lead_id = p_lead and r.message_direction = 'bot' and r.dedupe_key like 'reminder:%'
     and r.delivery_status <> 'failed'
   order by r.seq desc limit 1
$$;

-- As ops_remind_now, and besides refused when a reminder went out since the lead last wrote, unless p_seen is that one:
-- the operator was shown it and wants another. The same form sent twice brings one more, not two.
create or replace function ops_remind(p_lead uuid, p_operator text, p_seen uuid) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; earlier jsonb;
begin
  select * into l from leads where id = p_lead for no key update;
  if l.id is null then return acted('no_such_lead', null); end if;
  earlier := last_reminder(p_lead);
  if (earlier->>'answered')::boolean is false and (earlier->>'id')::uuid is distinct from p_seen
     -- what forbids any reminder is said first
     and l.taken_over_at is null and l.opted_out_at is null
     and l.conversation_state not in ('INTERESTED', 'HUMAN_REQUESTED', 'OPTED_OUT', 'COMPLETED', 'NOT_SERVED') then
    return acted('reminded', null);
  end if;
  return ops_remind_now(p_lead, p_operator);
end $$;

-- As ops_contacted, and besides: who waits to be erased is not done with by a talk. p_unerased: the operator closes that
-- wish without erasing anything (the person changed their mind), which is recorded as such.
create or replace function ops_close_handoffs(p_lead uuid, p_operator text, p_unerased boolean) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare done int; erasures int;
begin
  perform 1 from leads where id = p_lead for no key update;
  if not found then return acted('no_such_lead', null); end if;
  select count(*), count(*) filter (where reason = 'erase_my_data') into done, erasures
    from handoffs where lead_id = p_lead and acknowledged_at is null;
  if done = 0 then return acted('nothing', null); end if;
  if erasures > 0 and not p_unerased then return acted('not_erased', null); end if;
  update handoffs set acknowledged_at = now(), acknowledged_by = p_operator
   where lead_id = p_lead and acknowledged_at is null;
  perform ops_record(p_operator, case when erasures > 0 then 'dismiss_erasure' else 'contacted' end, p_lead,
                     jsonb_build_object('handoffs', done));
  return acted('done', null);
end $$;
