-- Energy bills, and what the partnership API is told of a lead.

-- Null reading for one that is new. An erased lead's file was put into storage before its row, which nobody will ever have:
-- the retention deletes it.
create or replace function keep_bill(p_lead uuid, p_message uuid, p_path text, p_sha256 text, p_mime_type text,
                                     p_size int, p_keep_days int) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare bill energy_bills; known boolean := false;
begin
  perform 1 from leads where id = p_lead for key share;
  if not found then
    insert into erased_files (storage_path, lead_id) values (p_path, p_lead) on conflict (storage_path) do nothing;
    return jsonb_build_object('bill_id', gen_random_uuid(), 'known', false, 'reading', null);
  end if;
  insert into energy_bills (lead_id, message_id, storage_path, sha256, mime_type, size_bytes, delete_after)
  values (p_lead, p_message, p_path, p_sha256, p_mime_type, p_size, now() + make_interval(days => p_keep_days))
  on conflict (lead_id, sha256) do nothing returning * into bill;
  update leads set billed_at = now() where id = p_lead and billed_at is null;
  if bill.id is null then
    select * into bill from energy_bills where lead_id = p_lead and sha256 = p_sha256;
    known := bill.message_id is distinct from p_message;  -- else the same turn once more
  end if;
  return jsonb_build_object('bill_id', bill.id, 'known', known, 'reading', bill.reading);
end $$;

-- What was read on a bill: p_reading is flows.domain.BillReading, p_fields the parsed values behind it.
create or replace function record_reading(p_bill uuid, p_reading jsonb, p_fields jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  update energy_bills set reading = p_reading, read_at = now(), read_by = p_fields->>'read_by',
    classification = p_fields->>'classification', holder_name = p_fields->>'holder_name',
    holder_document_last4 = right(p_fields->>'holder_document', 4), utility_name = p_fields->>'utility',
    installation_number = p_fields->>'installation_number', client_number = p_fields->>'client_number',
    contract_account = p_fields->>'contract_account',
    reference_month = (p_fields->>'reference_month')::date, due_date = (p_fields->>'due_date')::date,
    total_amount = (p_fields->>'total_amount')::numeric, consumption_kwh = (p_fields->>'consumption_kwh')::int,
    flags = coalesce((select array_agg(f) from jsonb_array_elements_text(coalesce(p_fields->'flags', '[]')) f), '{}'),
    checks = p_fields->'checks', sightings = p_fields->'sightings'
   where id = p_bill;
  return jsonb_build_object('recorded', found);
end $$;

-- What the partnership API can be told of a lead: the form, the latest bill that was read, the plan that was chosen.
create or replace function applicant(p_lead uuid) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'full_name', l.name, 'email', l.email, 'phone', l.phone_number, 'person_type', l.client_type,
    'city', l.city, 'state', l.state, 'bill_value', b.total_amount,
    'partner_lead_id', (select partner_lead_id from handoffs h where h.lead_id = l.id and partner_lead_id is not null
                        order by created_at desc limit 1),
    'partner', (select summary->'partner' from handoffs h where h.lead_id = l.id and reason = 'plan_chosen'
                order by created_at desc limit 1),
    'plan', (select jsonb_build_object('plan_id', o.plan_id, 'name', o.plan_name, 'utility', o.utility_name,
               'discount', o.discount, 'fidelity_months', o.fidelity_months, 'benefits', o.benefits)
             from lead_plan_offers o where o.lead_id = l.id and o.chosen_at is not null order by o.chosen_at desc limit 1))
  from leads l left join lateral (
    select total_amount from energy_bills where lead_id = l.id and total_amount is not null
     order by created_at desc limit 1) b on true
  where l.id = p_lead
$$;

create or replace function note_partner(p_lead uuid, p_partner_lead_id text, p_note jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  update handoffs set partner_lead_id = coalesce(p_partner_lead_id, partner_lead_id),
         summary = summary || jsonb_build_object('partner', p_note)
   where lead_id = p_lead and reason = 'plan_chosen' and acknowledged_at is null;
  return jsonb_build_object('noted', found);
end $$;
