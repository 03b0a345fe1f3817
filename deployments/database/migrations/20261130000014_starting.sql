-- What we start by ourselves: the one rule that says whether it may go, and the form, which anybody may post with anybody's
-- number.

-- How far the rule goes: flows/conversing/starting.py writes it here whenever a service starts, so that every process and
-- every function asks the same.
create table if not exists starting_rules (
  one     boolean primary key default true check (one),
  rules   jsonb not null,
  set_at  timestamptz not null default now()
);
alter table starting_rules enable row level security;

create or replace function set_starting_rules(p_rules jsonb) returns jsonb
language sql set search_path = public, pg_temp as $$
  insert into starting_rules (rules) values (p_rules)
  on conflict (one) do update set rules = excluded.rules, set_at = now() where starting_rules.rules <> excluded.rules;
  select jsonb_build_object('set', true)
$$;

-- With what is missing at its default: no quiet hours.
create or replace function starting_rules() returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select '{"welcomes_per_hour": 300, "welcomes_per_network": 20, "welcome_again_days": 30,
           "quiet": null, "templates": {}, "crm": false,
           "spend": {"prices": {}, "usd": 1, "tokens": [null, null], "soft": null, "hard": null}}'::jsonb || coalesce((select rules from starting_rules), '{}')
$$;

-- When the quiet that this instant lies in ends; null where it lies in none. p_quiet: {"from", "until"}: times of day in São
-- Paulo, null for no hours; "sundays"; "days": dates that are quiet as a whole.
create or replace function quiet_until(p_at timestamptz, p_quiet jsonb) returns timestamptz
language plpgsql immutable as $$
declare here timestamp := p_at at time zone 'America/Sao_Paulo'; before timestamp;
        begins time := (p_quiet->>'from')::time; ends time := (p_quiet->>'until')::time;
begin
  if p_quiet is null or p_quiet = 'null' then return null; end if;
  loop
    before := here;
    if p_quiet->'days' ? to_char(here, 'YYYY-MM-DD')
       or (extract(dow from here) = 0 and (p_quiet->>'sundays')::boolean) then
      here := here::date + 1;
    elsif begins < ends and here::time >= begins and here::time < ends then
      here := here::date + ends;
    elsif begins > ends and here::time < ends then
      here := here::date + ends;
    elsif begins > ends and here::time >= begins then
      here := here::date + 1 + ends;
    end if;
    exit when here = before;
  end loop;
  return nullif(here at time zone 'America/Sao_Paulo', p_at);
end $$;

-- The next instant after this one at which a quiet begins, within three days; null where none does.
create or replace function quiet_begins(p_at timestamptz, p_quiet jsonb) returns timestamptz
language sql immutable as $$
  select min(t.at) from (
      select ((p_at at time zone 'America/Sao_Paulo')::date + n + s) at time zone 'America/Sao_Paulo' as at
        from generate_series(0, 3) n, unnest(array[time '00:00', (p_quiet->>'from')::time]) s) t
   where t.at > p_at and quiet_until(t.at, p_quiet) is not null
$$;

create or replace function quiet_for(p_kind text, p_rules jsonb) returns jsonb language sql immutable as $$
  select case when p_rules->'quiet'->'kinds' ? p_kind then p_rules->'quiet' end
$$;

-- What kind of message a key stands for.
create or replace function kind_of(p_key text) returns text language sql immutable as $$
  select case split_part(p_key, ':', 1) when 'template' then 'welcome' when 'reminder' then 'reminder'
                                        when 'notice' then 'notice' when 'agent' then 'message' else 'template' end
$$;

-- The reminders that went out, or are on their way, since the lead last wrote, whichever run they were of. (A reaction is no
-- writing: the store marks it answered in the moment it comes.)
create or replace function unanswered_reminders(p_lead uuid) returns int
language sql stable set search_path = public, pg_temp as $$
  select count(*)::int from lead_messages r
   where r.lead_id = p_lead and r.message_direction = 'bot' and r.dedupe_key like 'reminder:%'
     and r.delivery_status <> 'failed'
     and r.seq > coalesce((select m.seq from lead_messages m where m.lead_id = p_lead and m.message_direction = 'user'
                             and m.answered_at is distinct from m.created_at order by m.seq desc limit 1), 0)
$$;

-- Whether this verdict is the account's (account_wait) or the day's spend: nothing between the person and us.
create or replace function waits_for_account(p_verdict jsonb) returns boolean language sql immutable as $$
  select p_verdict->>'verdict' = 'wait' and p_verdict->>'reason' in
    ('account_disabled', 'account_restricted', 'template_stopped', 'number_flagged', 'messaging_limit', 'spend_limit')
$$;

-- Null, or which limit a welcome for this form is beyond: three tries a day for a number, and so many welcomes an hour for a
-- network and for the whole installation. The caller holds the advisory locks of save_form.
create or replace function welcome_limit(p_form lead_forms, p_rules jsonb) returns text
language sql stable set search_path = public, pg_temp as $$
  select case
    when (select count(*) from lead_forms where lead_id = p_form.lead_id and started
            and created_at > p_form.created_at - interval '24 hours') >= 3 then 'number_limit'
    when p_form.network is not null and (select count(*) from lead_forms where network = p_form.network and started
            and created_at > p_form.created_at - interval '1 hour') >= (p_rules->>'welcomes_per_network')::int
      then 'network_limit'
    when (select count(*) from lead_forms where started and created_at > p_form.created_at - interval '1 hour')
         >= (p_rules->>'welcomes_per_hour')::int then 'installation_limit' end
$$;

create or replace function verdict(p_verdict text, p_reason text, p_until timestamptz default null) returns jsonb
language sql immutable as $$
  select jsonb_build_object('verdict', p_verdict, 'reason', p_reason, 'until', p_until)
$$;

-- The one rule for every message that no message of the lead's asked for: may it go now? All who start one ask this, and
-- `begin_send` asks again in the moment before the call.
--
-- p_kind: welcome, reminder, notice (of coverage, to whom it was promised), template (that a person sends by hand), message (of
-- an operator's, as free text; with p_asked 'template' as an approved one, for which the window does not count). p_asked, of a reminder: null, the conversation's own, of which there are so many, or what an
-- operator asked its run for; 'once', a person wants it; 'again', also after one that is not answered. What a person asks for
-- does not wait for the quiet to end.
-- p_template: what would be sent where only a template may go; without it, the rules' own of that kind.
-- p_form: the form that a welcome would be for; only then do its limits count. p_but: a message that is in the store already,
-- and about which is asked. p_most: so many reminders of a conversation's own (REMINDERS; without it one).
--
-- Returns {"verdict": "go" | "wait" | "no", "reason", "until", "template"}: what waits may be asked again (after `until`,
-- where that is known); `template` is true where only a template may go, the window being closed.
create or replace function may_start(p_lead uuid, p_kind text, p_asked text default null, p_at timestamptz default null,
                                     p_form uuid default null, p_but uuid default null, p_most int default null,
                                     p_template jsonb default null) returns jsonb
language plpgsql stable set search_path = public, pg_temp as $$
declare l leads; r runs; f lead_forms; but lead_messages; rules jsonb := starting_rules(); ends timestamptz; beyond text;
        is_open boolean; latest timestamptz; waits jsonb;
begin
  select * into l from leads where id = p_lead;
  p_at := coalesce(p_at, now());
  is_open := window_open(l.last_inbound_at, p_at);
  select * into but from lead_messages where id = p_but;
  select * into r from runs where lead_id = p_lead and flow = 'conversation' and status <> 'finished';
  p_template := coalesce(p_template, but.template,
                         rules->'templates'->case when p_kind in ('welcome', 'notice') then p_kind else 'reopening' end);
  if r.wake_due_at = r.asked_due_at and p_kind = 'reminder' then p_asked := coalesce(p_asked, 'again'); end if;
  -- the person
  if l.id is null then return verdict('no', 'erased'); end if;
  if l.opted_out_at is not null or l.conversation_state = 'OPTED_OUT' then return verdict('no', 'opted_out'); end if;
  if p_kind = 'message' then
    return case when p_asked = 'template' or but.template is not null then verdict('go', 'template') || '{"template": true}'
                else case when is_open then verdict('go', 'free') else verdict('no', 'window_closed') end
                     || '{"template": false}' end;
  end if;
  if l.taken_over_at is not null then return verdict('no', 'taken_over'); end if;
  if p_kind = 'template' then
    return coalesce(account_wait(p_kind, false, p_template, p_at), verdict('go', 'free')) || '{"template": true}';
  end if;
  -- the journey
  if (l.memory->>'disowned')::boolean and p_kind = 'welcome' or l.memory->>'ended' = 'wrong_person' then
    return verdict('no', 'wrong_person');
  end if;
  -- flows.domain.Stage.reminded; a consultant has the first two
  if l.conversation_state in ('INTERESTED', 'HUMAN_REQUESTED')
     or (p_kind = 'notice' and l.conversation_state = 'COMPLETED')
     or (p_kind = 'reminder' and l.conversation_state in ('COMPLETED', 'NOT_SERVED')) then
    return verdict('no', 'closed');
  end if;
  if p_kind = 'reminder' and l.last_inbound_at is null then return verdict('no', 'never_wrote'); end if;
  if p_kind = 'notice' and not exists (select 1 from wishes_of(p_lead) w where but.id is null or w.id = wish_of(but.dedupe_key)) then
    return verdict('no', 'no_consent');
  end if;
  if p_kind = 'welcome' then
    -- one that is on its way was asked about as it was wanted
    select max(created_at) into latest from lead_messages
     where lead_id = p_lead and dedupe_key like 'template:%' and delivery_status <> 'failed'
       and coalesce(but.delivery_status = 'failed', true);
    latest := latest + case
      when l.last_inbound_at is null
       and not exists (select 1 from lead_forms where lead_id = p_lead and fields ? 'vouched' and created_at > latest)
        then make_interval(days => (rules->>'welcome_again_days')::int)
      else interval '24 hours' end;
    if latest > p_at then return verdict('no', 'welcomed', latest); end if;
    select * into f from lead_forms where id = p_form;
    if f.id is not null and not f.fields ? 'vouched' then
      beyond := welcome_limit(f, rules);
      if beyond is not null then return verdict('no', beyond); end if;
    end if;
  end if;
  -- what stands between us
  if exists (select 1 from lead_messages where lead_id = p_lead and message_direction = 'user' and answered_at is null) then
    return verdict('wait', 'answer_first');
  end if;
  if exists (select 1 from lead_messages where lead_id = p_lead and delivery_status in ('queued', 'sending', 'uncertain')
              -- what waits for longer is past its window and stays queued for good
              and created_at > p_at - interval '24 hours' and (but.id is null or seq < but.seq)) then
    return verdict('wait', 'unsent_first');
  end if;
  if p_kind = 'reminder' and but.id is not null and exists (select 1 from lead_messages where lead_id = p_lead
      and message_direction = 'user' and seq > but.seq and answered_at is distinct from created_at) then
    return verdict('no', 'answered');
  end if;
  if p_kind = 'reminder' and but.id is null and (
       (p_asked = 'once' and unanswered_reminders(p_lead) > 0)
       or (p_asked is null and coalesce(p_most, 1) <= greatest(unanswered_reminders(p_lead), r.reminders))) then
    return verdict('no', 'reminded');
  end if;
  if p_kind = 'welcome' and is_open and r.id is not null then return verdict('no', 'talking'); end if;
  if p_kind = 'notice' and r.status in ('requested', 'active', 'waking') then return verdict('wait', 'talking'); end if;
  if p_kind = 'notice' and p_template is null then return verdict('wait', 'no_template'); end if;
  -- the account
  waits := account_wait(p_kind, p_kind = 'reminder' and is_open, p_template, p_at);
  if waits is not null then return waits; end if;
  -- the hour; one that was wanted in the quiet was wanted so
  ends := quiet_until(p_at, quiet_for(p_kind, rules));
  if ends is not null and p_asked is null
     and (but.id is null or quiet_until(but.created_at, quiet_for(p_kind, rules)) is null) then
    return verdict('wait', 'quiet', ends);
  end if;
  return verdict('go', case when p_kind = 'reminder' and is_open then 'free' else 'template' end)
    || jsonb_build_object('template', p_kind <> 'reminder' or not is_open);
end $$;

-- When a conversation that would be reminded at p_due is: then; or, where that lies in the quiet, as it ends. Would the
-- 24-hour window be closed by that time, it is before the quiet begins, if the person has half of the silence until then; else
-- as it ends, by a template.
create or replace function reminder_due(p_lead uuid, p_due timestamptz, p_now timestamptz default now()) returns timestamptz
language plpgsql stable set search_path = public, pg_temp as $$
declare quiet jsonb := quiet_for('reminder', starting_rules()); ends timestamptz := quiet_until(p_due, quiet); early timestamptz;
        wrote timestamptz := (select last_inbound_at from leads where id = p_lead);
begin
  if ends is null then return p_due; end if;
  if not window_open(wrote, ends) and quiet_until(p_now, quiet) is null then
    -- Prefect has no timer for this one, and the dispatcher takes a tenth of the silence for Prefect's own business.
    early := quiet_begins(p_now, quiet) - (p_due - p_now) / 10 - interval '5 minutes';
    if early < p_due and early >= p_now + (p_due - p_now) / 2 then return early; end if;
  end if;
  return ends;
end $$;

-- Their own word, or a consent that somebody vouches for: they may be written to again, and the conversation goes on from
-- what is known.
create or replace function lift_opt_out(p_lead uuid) returns void
language sql set search_path = public, pg_temp as $$
  update leads set opted_out_at = null, updated_at = now(),
    conversation_state = case when conversation_state = 'OPTED_OUT' then 'INITIAL' else conversation_state end,
    memory = case when memory->>'ended' in ('stopped', 'erasing') then memory - 'ended' - 'closing_sent_at' else memory end
   where id = p_lead
$$;

-- The form: saved first, whatever happens next. Returns the lead, and whether the activation flow has to start; `kept` says
-- why not.
--
-- Anybody may post it with anybody's number. So it fills only what is empty, ends no opt-out, and a welcome goes out only
-- where may_start says so. `vouched` ("where and when") is a consent that somebody of ours vouches for: it ends an opt-out.
create or replace function save_form(p_form jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare l leads; r runs; said jsonb; form uuid; act text := 'nothing';
begin
  perform lock_identities(array[p_form->>'phone']);
  select * into l from leads where phone_number = p_form->>'phone' for no key update;
  if l.id is null then
    insert into leads (phone_number, source) values (p_form->>'phone', coalesce(p_form->>'source', 'form')) returning * into l;
    insert into lead_status (lead_id, to_state, actor) values (l.id, l.conversation_state, 'lead');
  end if;
  update leads set
    name = coalesce(name, p_form->>'name'), email = coalesce(email, p_form->>'email'),
    client_type = coalesce(client_type, p_form->>'client_type'),
    invoice_amount = coalesce(invoice_amount, (p_form->>'invoice_amount')::numeric),
    invoice_band = coalesce(invoice_band, p_form->>'invoice_band'),
    updated_at = now(), additional_data = additional_data || coalesce(p_form->'additional_data', '{}')
  where id = l.id;
  -- a city of one source and a state of another are no place
  update leads set city = coalesce(p_form->>'city', city), state = coalesce(p_form->>'state', state),
                   ibge_code = coalesce((p_form->>'ibge_code')::int, ibge_code)
   where id = l.id and city is null and (state is null or state is not distinct from p_form->>'state');
  insert into lead_forms (lead_id, fields, evidence, network)
  values (l.id, jsonb_strip_nulls(p_form - 'evidence' - 'additional_data' - 'network' - 'phone'),
          coalesce(p_form->'evidence', '{}'), p_form->>'network') returning id into form;
  if p_form->>'vouched' is not null and l.opted_out_at is not null then
    perform lift_opt_out(l.id);
    l.opted_out_at := null;
  end if;
  if l.opted_out_at is null and (p_form->>'vouched' is not null or coalesce((p_form->>'consent')::boolean, true)) then
    insert into lead_consents (lead_id, kind, granted, text_version, evidence)
    values (l.id, 'whatsapp_contact', true, p_form->>'consent_text_version', coalesce(p_form->'evidence', '{}'));
  end if;

  select * into r from runs where lead_id = l.id and flow = 'lead-activation' order by created_at desc limit 1;
  if r.status <> 'finished' then
    said := verdict('no', 'under_way');
  else
    -- one form at a time, so that no two of them are the last within a limit
    perform pg_advisory_xact_lock(4712, 0);
    said := may_start(l.id, 'welcome', p_form => form);
    if said->>'verdict' <> 'no' then
      -- what has to wait is asked about again by the flow, now or as the quiet ends
      insert into runs (lead_id, flow, next_dispatch_at)
      values (l.id, 'lead-activation', coalesce((said->>'until')::timestamptz, now() + interval '3 seconds'))
      on conflict (lead_id, flow) where status <> 'finished' do nothing returning * into r;
      -- not found: a flow run started by hand was faster
      if found and said->>'until' is null then act := 'start'; end if;
    end if;
  end if;
  update lead_forms set started = said->>'verdict' <> 'no', reason = case when act = 'nothing' then said->>'reason' end
   where id = form;
  if act = 'start' and l.last_inbound_at is null and l.conversation_state <> 'FORM_SUBMITTED' then
    perform set_stage(l.id, 'FORM_SUBMITTED');
  end if;
  return jsonb_build_object('action', act, 'lead_id', l.id, 'run_id', r.id, 'flow', 'lead-activation',
                            'flow_run_id', r.flow_run_id, 'generation', r.generation, 'reason', 'form',
                            'kept', case when act = 'nothing' then said->>'reason' end, 'until', said->>'until', 'said', said);
end $$;

-- What save_form would say of this form; nothing of it stays.
create or replace function try_form(p_form jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  begin
    raise exception using errcode = 'TRIED', message = save_form(p_form)::text;
  exception when sqlstate 'TRIED' then
    return sqlerrm::jsonb;
  end;
end $$;
