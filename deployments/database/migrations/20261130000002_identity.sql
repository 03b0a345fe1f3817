-- Who wrote: one lead for a BSUID, a phone, or both (docs/whatsapp.md 4.5).

-- Null for whatever is not one of our ids: trackers and payloads come from outside.
create or replace function uuid_of(p_text text) returns uuid language sql immutable as $$
  select case when p_text ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_text::uuid end
$$;

-- Two deliveries about one person at the same moment wait for each other here, also while the lead does not exist yet.
-- A thousand keys in all: a delivery of 1,000 people must not fill the server's lock table.
create or replace function lock_identities(p_values text[]) returns void
language plpgsql set search_path = public, pg_temp as $$
declare k int;
begin
  for k in select distinct (hashtextextended(v, 0) & 1023)::int from unnest(p_values) v where v is not null order by 1 loop
    perform pg_advisory_xact_lock(4711, k);
  end loop;
end $$;

-- Whether this lead wrote to us before that moment, by WhatsApp's clock.
create or replace function wrote_before(p_lead uuid, p_at timestamptz) returns boolean
language sql stable set search_path = public, pg_temp as $$
  select exists (select 1 from lead_messages where lead_id = p_lead and message_direction = 'user' and wa_timestamp < p_at)
$$;

-- Moves everything of `p_drop` to `p_keep` and deletes `p_drop`; what `p_keep` knows already stays. A take-over under
-- either identity is one of the person, and a form says more about where somebody came from than the message that
-- followed it.
create or replace function merge_leads(p_keep uuid, p_drop uuid) returns void
language plpgsql set search_path = public, pg_temp as $$
declare gone leads; was_taken_over boolean;
begin
  if p_keep = p_drop then return; end if;
  select * into gone from leads where id = p_drop for update;
  select taken_over_at is not null into was_taken_over from leads where id = p_keep;
  -- Two open runs of one flow cannot stand side by side; the kept lead's run will see the moved messages.
  update runs d set status = 'finished', outcome = 'merged', claim = claim + 1, updated_at = now()
   where d.lead_id = p_drop and d.status <> 'finished'
     and exists (select 1 from runs k where k.lead_id = p_keep and k.flow = d.flow and k.status <> 'finished');
  -- A worker at work for the dropped lead knows it by an id that is about to go: it loses its claim, and the dispatcher
  -- has the same flow run begin again, which then learns the kept lead's id.
  update runs set lead_id = p_keep, claim = claim + (status = 'active')::int,
         lease_expires_at = case when status = 'active' then now() else lease_expires_at end,
         next_dispatch_at = case when status = 'active' then now() else next_dispatch_at end,
         updated_at = case when status = 'active' then now() else updated_at end
   where lead_id = p_drop;
  update lead_messages set lead_id = p_keep where lead_id = p_drop;
  update lead_consents set lead_id = p_keep where lead_id = p_drop;
  update lead_forms set lead_id = p_keep where lead_id = p_drop;
  update lead_referrals set lead_id = p_keep where lead_id = p_drop;
  update lead_plan_offers set lead_id = p_keep where lead_id = p_drop;
  update lead_status set lead_id = p_keep where lead_id = p_drop;
  update handoffs set lead_id = p_keep where lead_id = p_drop;
  update turns set lead_id = p_keep where lead_id = p_drop;
  update lead_notes set lead_id = p_keep where lead_id = p_drop;
  update sent_files set lead_id = p_keep where lead_id = p_drop;
  update lead_contacts set lead_id = p_keep where lead_id = p_drop;
  update operator_actions set lead_id = p_keep where lead_id = p_drop;
  -- A file that both sent keeps its second row, under another key: the retention has to find its path.
  update energy_bills b set lead_id = p_keep,
         sha256 = b.sha256 || case when exists (select 1 from energy_bills k
                                                 where k.lead_id = p_keep and k.sha256 = b.sha256)
                                   then ':' || b.id else '' end
   where b.lead_id = p_drop;
  update lead_user_ids set lead_id = p_keep where lead_id = p_drop;
  delete from leads where id = p_drop;
  update crm_events set lead_id = p_keep where lead_id = p_drop and delivered_at is null;
  perform tell_crm('lead.merged', p_drop, jsonb_build_object('into', p_keep));
  update leads k set
    phone_number = coalesce(k.phone_number, gone.phone_number),
    wa_id = case when k.phone_number is null then gone.wa_id else k.wa_id end,
    wa_user_id = coalesce(k.wa_user_id, gone.wa_user_id), name = coalesce(k.name, gone.name),
    email = coalesce(k.email, gone.email), city = coalesce(k.city, gone.city), state = coalesce(k.state, gone.state),
    ibge_code = coalesce(k.ibge_code, gone.ibge_code), client_type = coalesce(k.client_type, gone.client_type),
    invoice_amount = coalesce(k.invoice_amount, gone.invoice_amount),
    invoice_band = coalesce(k.invoice_band, gone.invoice_band), holder_name = coalesce(k.holder_name, gone.holder_name),
    last_inbound_at = greatest(k.last_inbound_at, gone.last_inbound_at),
    last_outbound_at = greatest(k.last_outbound_at, gone.last_outbound_at),
    -- A stop said under either identity is a stop of the person.
    opted_out_at = coalesce(k.opted_out_at, gone.opted_out_at),
    human_requested_at = coalesce(k.human_requested_at, gone.human_requested_at),
    billed_at = least(k.billed_at, gone.billed_at),
    next_phone_number = coalesce(k.next_phone_number, gone.next_phone_number),
    next_phone_at = case when k.next_phone_number is null then gone.next_phone_at else k.next_phone_at end,
    taken_over_by = case when k.taken_over_at is null then gone.taken_over_by else k.taken_over_by end,
    taken_over_at = coalesce(k.taken_over_at, gone.taken_over_at),
    call_back_at = least(k.call_back_at, gone.call_back_at),
    source = coalesce(nullif(k.source, 'whatsapp'), gone.source, k.source),
    -- one conversation's whole state, not a mixture of two
    memory = case when k.memory = '{}' then gone.memory else k.memory end,
    additional_data = gone.additional_data || k.additional_data || jsonb_build_object('merged_from',
      coalesce(gone.additional_data->'merged_from', '[]') || coalesce(k.additional_data->'merged_from', '[]') || to_jsonb(gone.id)),
    created_at = least(k.created_at, gone.created_at), updated_at = now()
  where k.id = p_keep;
  perform settle_wishes(p_keep);
  perform end_wishes(p_keep, 'stopped') from leads where id = p_keep and opted_out_at is not null;
  if gone.taken_over_at is not null and not was_taken_over then
    -- the kept lead's assistant learns it in the middle of its turn; the dispatcher wakes a run that waits
    perform interrupt_conversation(p_keep);
  end if;
end $$;

-- The lead behind a sender; created when unknown. The caller holds lock_identities.
create or replace function resolve_lead(p_bsuid text, p_phone text, p_wa_id text, p_name text) returns uuid
language plpgsql set search_path = public, pg_temp as $$
declare found_id uuid; holder leads; moved leads;
begin
  select lead_id into found_id from lead_user_ids where wa_user_id = p_bsuid;
  if p_phone is not null then
    select * into holder from leads where phone_number = p_phone;
    if holder.id is null and p_wa_id is not null then
      select * into holder from leads where wa_id = p_wa_id order by created_at limit 1;
    end if;
    -- WhatsApp told that somebody moved to this number (change_number), and here they are, mostly under a new BSUID. Not
    -- for ever: a number that its owner gives up belongs to somebody else after some months.
    select * into moved from leads where next_phone_number = p_phone and next_phone_at > now() - interval '30 days'
     order by next_phone_at desc limit 1;
    if moved.id is not null then
      update leads set next_phone_number = null, next_phone_at = null where next_phone_number = p_phone;
    end if;
    if moved.id is null or moved.id = found_id or (found_id is not null and wrote_before(found_id, moved.next_phone_at)) then
      null;  -- nobody moved; or it is who we think; or somebody whom we knew before the move, so not the one who moved
    elsif found_id is not null then
      -- wrote with the number hidden since the move
      perform merge_leads(found_id, moved.id);
      if holder.id = moved.id then holder := null; end if;
    else
      if holder.id is not null and holder.id <> moved.id and holder.wa_user_id is null then
        if wrote_before(holder.id, moved.next_phone_at) then
          update leads set phone_number = null, wa_id = null, updated_at = now(),
            additional_data = additional_data || jsonb_build_object('phone_reassigned', true)
           where id = holder.id;
        else
          perform merge_leads(moved.id, holder.id);  -- filled the form again, with the new number
        end if;
        holder := null;
      end if;
      found_id := moved.id;
      if p_bsuid is not null then
        update leads set wa_user_id = p_bsuid where id = found_id;
        insert into lead_user_ids (wa_user_id, lead_id) values (p_bsuid, found_id);
      end if;
    end if;
  end if;

  if found_id is not null then
    -- BSUID known. The phone that came along is learned; a form lead waiting under it is the same person.
    if holder.id is not null and holder.id <> found_id then
      if holder.wa_user_id is null then
        perform merge_leads(found_id, holder.id);
      else
        update leads set phone_number = null, wa_id = null, updated_at = now(),
          additional_data = additional_data || jsonb_build_object('phone_reassigned', true)
         where id = holder.id;
      end if;
    end if;
    if p_phone is not null then
      -- WhatsApp's digits belong to one number: another number without them has none
      update leads set phone_number = p_phone, updated_at = now(),
             wa_id = coalesce(p_wa_id, case when phone_number = p_phone then wa_id end)
       where id = found_id and (phone_number is distinct from p_phone or wa_id is distinct from coalesce(p_wa_id, wa_id));
    end if;
    update lead_user_ids set last_seen_at = now() where wa_user_id = p_bsuid;
    return found_id;
  end if;

  if holder.id is not null and (p_bsuid is null or holder.wa_user_id is null) then
    found_id := holder.id;
    update leads set wa_user_id = coalesce(wa_user_id, p_bsuid), wa_id = coalesce(p_wa_id, wa_id), updated_at = now()
     where id = found_id;
  else
    -- The same phone under another BSUID, and nobody told us of a change: numbers are recycled, so this is somebody
    -- new, who must not see the former owner's conversation.
    if holder.id is not null then
      update leads set phone_number = null, wa_id = null, updated_at = now(),
        additional_data = additional_data || jsonb_build_object('phone_reassigned', true)
       where id = holder.id;
    end if;
    insert into leads (phone_number, wa_id, wa_user_id, name, conversation_state, source, additional_data)
    values (p_phone, p_wa_id, p_bsuid,
            -- a profile name is free text: kept as a name only where it looks like one
            case when p_name ~ '^[[:alpha:]]([[:alpha:] ''-]|\.( |$)){1,59}$' then p_name end,
            'INITIAL', 'whatsapp',
            case when holder.id is not null then jsonb_build_object('phone_taken_over', true) else '{}'::jsonb end)
    returning id into found_id;
    insert into lead_status (lead_id, to_state, actor) values (found_id, 'INITIAL', 'lead');
  end if;
  if p_bsuid is not null then
    insert into lead_user_ids (wa_user_id, lead_id) values (p_bsuid, found_id)
    on conflict (wa_user_id) do update set last_seen_at = now();
  end if;
  return found_id;
end $$;

-- `user_id_update`: one person, a new BSUID (and usually a new phone). The old id stays as an alias.
create or replace function change_user_id(p_previous text, p_current text, p_phone text, p_wa_id text) returns uuid
language plpgsql set search_path = public, pg_temp as $$
declare old_id uuid; new_id uuid; holder uuid; newest text;
begin
  select lead_id into old_id from lead_user_ids where wa_user_id = p_previous;
  select lead_id into new_id from lead_user_ids where wa_user_id = p_current;
  if old_id is null and new_id is null then
    return null;  -- a stranger changed; nothing of ours hangs on it
  end if;
  select wa_user_id into newest from leads where id = new_id;
  if old_id is not null and new_id is not null and old_id <> new_id then
    -- The first message under the new id came before this event and opened a lead of its own.
    perform merge_leads(old_id, new_id);
  end if;
  old_id := coalesce(old_id, new_id);
  insert into lead_user_ids (wa_user_id, lead_id) values (p_current, old_id)
    on conflict (wa_user_id) do update set lead_id = excluded.lead_id, last_seen_at = now();
  insert into lead_user_ids (wa_user_id, lead_id) values (p_previous, old_id) on conflict (wa_user_id) do nothing;
  -- Updates come late, twice and in any order: where p_current was known, its lead may be further on already.
  update leads set updated_at = now(), wa_user_id = coalesce(newest,
         case when wa_user_id is null or wa_user_id = p_previous then p_current else wa_user_id end)
   where id = old_id;
  if p_phone is not null then
    select id into holder from leads where phone_number = p_phone and id <> old_id;
    if holder is null then
      update leads set phone_number = p_phone, wa_id = p_wa_id where id = old_id;
    end if;
  end if;
  return old_id;
end $$;

-- A system message: the number `p_old_phone` is `p_new_phone` from `p_at` on. The person's BSUID changes with it, so what
-- they write next has nothing in common with what we know but this. It alone changes nothing: the new number is theirs when
-- somebody writes from it (resolve_lead), which may also have happened before the news came.
-- Returns the lead when it got messages by that.
create or replace function change_number(p_bsuid text, p_old_phone text, p_new_phone text, p_new_wa_id text,
                                         p_at timestamptz) returns uuid
language plpgsql set search_path = public, pg_temp as $$
declare who leads; holder leads; since timestamptz := least(coalesce(p_at, now()), now());
begin
  select l.* into who from lead_user_ids u join leads l on l.id = u.lead_id where u.wa_user_id = p_bsuid;
  if who.id is null then
    -- by its number only a lead that no other BSUID belongs to: numbers are recycled
    select * into who from leads where (phone_number = p_old_phone or next_phone_number = p_old_phone)
       and (p_bsuid is null or wa_user_id is null) order by phone_number = p_old_phone desc nulls last limit 1;
  end if;
  if who.id is null or p_new_phone is null or who.phone_number = p_new_phone or who.next_phone_at > since then
    return null;
  end if;
  select * into holder from leads where phone_number = p_new_phone;
  if holder.last_inbound_at is not null and not wrote_before(holder.id, since) then
    perform merge_leads(who.id, holder.id);
    update leads set wa_user_id = coalesce(holder.wa_user_id, wa_user_id), phone_number = p_new_phone,
           wa_id = coalesce(holder.wa_id, p_new_wa_id), next_phone_number = null, next_phone_at = null, updated_at = now()
     where id = who.id;
    return who.id;
  end if;
  update leads set next_phone_number = null, next_phone_at = null
   where next_phone_number = p_new_phone and id <> who.id and next_phone_at <= since;
  update leads set next_phone_number = p_new_phone, next_phone_at = since, updated_at = now() where id = who.id;
  return null;
end $$;

create or replace function secret_hash(p_secret text) returns text language sql immutable as $$
  select encode(sha256(convert_to(p_secret, 'UTF8')), 'hex')
$$;

-- The lead that our template was sent to, when this message is the tap on its button: it tells the secret of one send, and
-- quotes the very message of that send. Where nobody has told us that message's wamid yet (the tap overtook the answer to
-- our call), it may be any that is not known to be another one. A lead's id, which others may learn, proves nothing.
create or replace function tapped_lead(p_event jsonb) returns uuid
language sql stable set search_path = public, pg_temp as $$
  select m.lead_id from template_secrets s join lead_messages m on m.id = s.message_id
   where p_event->>'payload' ~ '^ATIVAR_PERFIL:[0-9a-f]{64}$'
     and s.secret_hash = secret_hash(substr(p_event->>'payload', 15))
     and (s.wamid = p_event->>'reply_to'
          or (s.wamid is null and p_event->>'reply_to' is not null
              and not exists (select 1 from template_secrets o where o.wamid = p_event->>'reply_to')
              and not exists (select 1 from lead_messages o where o.wamid = p_event->>'reply_to' and o.id <> m.id)))
$$;

-- Joins the sender of this tap to the lead that the template was sent to, once: the secrets of that lead end with it. Not
-- to a lead whose BSUID is known, for then WhatsApp has said who it is.
create or replace function join_tapped(p_event jsonb) returns void
language plpgsql set search_path = public, pg_temp as $$
declare tapped uuid := tapped_lead(p_event); bsuid text := p_event->>'bsuid'; known uuid;
begin
  if tapped is null or bsuid is null then return; end if;
  delete from template_secrets s using lead_messages m where m.id = s.message_id and m.lead_id = tapped;
  if not exists (select 1 from leads where id = tapped and wa_user_id is null) then return; end if;
  select lead_id into known from lead_user_ids where wa_user_id = bsuid;
  if known is not null then
    perform merge_leads(known, tapped);
  else
    insert into lead_user_ids (wa_user_id, lead_id) values (bsuid, tapped);
    update leads set wa_user_id = bsuid, updated_at = now() where id = tapped;
  end if;
end $$;
