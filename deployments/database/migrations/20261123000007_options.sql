-- The lead's page shows the buttons and list rows that went out with a message, as the lead saw them.
-- The version before this one goes on working: it does not read what is new.

-- What a lead can tap, in order: title and description of reply buttons or list rows. Of a template's button only the
-- payload is ours (its title is WhatsApp's, docs/meta.md); the lead's id behind the colon is left out.
create or replace function message_options(p_content jsonb, p_template jsonb) returns jsonb
language sql immutable as $$
  select coalesce(jsonb_agg(option order by kind, n), '[]') from (
    select 1 as kind, n, jsonb_build_object('title', o->>'title') as option
      from jsonb_array_elements(coalesce(p_content->'buttons', '[]')) with ordinality b(o, n)
    union all
    select 2, n, jsonb_build_object('title', o->>'title', 'description', coalesce(o->>'description', ''))
      from jsonb_array_elements(coalesce(p_content->'rows', '[]')) with ordinality r(o, n)
    union all
    select 3, n, jsonb_build_object('payload', split_part(payload, ':', 1))
      from jsonb_array_elements_text(coalesce(p_template->'buttons', '[]')) with ordinality t(payload, n)) options
$$;

-- As in 20261123000004, and besides what each message of ours could be answered with by a tap.
create or replace function ops_sheet(p_lead uuid, p_messages int) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'id', l.id, 'phone_number', l.phone_number, 'wa_user_id', l.wa_user_id, 'name', l.name, 'email', l.email,
    'city', l.city, 'state', l.state, 'client_type', l.client_type, 'invoice_amount', l.invoice_amount,
    'invoice_band', l.invoice_band, 'stage', l.conversation_state, 'qualification', l.qualification_status,
    'source', l.source, 'created_at', l.created_at, 'last_inbound_at', l.last_inbound_at,
    'last_outbound_at', l.last_outbound_at, 'opted_out_at', l.opted_out_at, 'unreachable_at', l.unreachable_at,
    'unreachable_code', l.unreachable_code, 'taken_over_at', l.taken_over_at, 'taken_over_by', l.taken_over_by)
  || jsonb_build_object(
    'messages', (select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'who', m.message_direction,
        'type', m.message_type, 'text', m.message_content, 'at', m.created_at,
        'answered', m.message_direction <> 'user' or m.answered_at is not null, 'delivery_status',
        case when m.delivery_status = 'failed' and m.withdrawn_at is not null then 'withdrawn' else m.delivery_status end,
        'error_code', m.error_code, 'attempts', m.attempts, 'template', m.template->>'name', 'author', m.author,
        'options', message_options(m.content, m.template), 'list_label',
        case when jsonb_array_length(coalesce(m.content->'rows', '[]')) > 0 then m.content->>'list_label' end)
        order by m.seq), '[]')
      from (select * from lead_messages where lead_id = l.id order by seq desc limit p_messages) m),
    'bills', (select coalesce(jsonb_agg(to_jsonb(b) order by b.created_at, b.id), '[]')
      from energy_bills b where b.lead_id = l.id),
    'offers', (select coalesce(jsonb_agg(jsonb_build_object('position', o.position, 'plan_id', o.plan_id,
        'name', o.plan_name, 'utility', o.utility_name, 'discount', o.discount, 'fidelity_months', o.fidelity_months,
        'benefits', o.benefits, 'offered_at', o.offered_at, 'chosen_at', o.chosen_at)
        order by o.offered_at, o.position), '[]')
      from lead_plan_offers o where o.lead_id = l.id),
    'runs', (select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'flow', r.flow, 'status', r.status,
        'outcome', r.outcome, 'flow_run_id', r.flow_run_id, 'reminders', r.reminders, 'created_at', r.created_at,
        'updated_at', r.updated_at, 'wake_due_at', r.wake_due_at) order by r.created_at desc, r.id), '[]')
      from runs r where r.lead_id = l.id),
    'stages', (select coalesce(jsonb_agg(jsonb_build_object(
        'from_state', s.from_state, 'to_state', s.to_state, 'at', s.at)
        order by s.at, s.id), '[]') from lead_status s where s.lead_id = l.id),
    'handoffs', (select coalesce(jsonb_agg(jsonb_build_object('id', h.id, 'reason', h.reason, 'summary', h.summary,
        'partner_lead_id', h.partner_lead_id, 'created_at', h.created_at, 'acknowledged_at', h.acknowledged_at,
        'acknowledged_by', h.acknowledged_by) order by h.created_at, h.id), '[]')
      from handoffs h where h.lead_id = l.id),
    'actions', (select coalesce(jsonb_agg(action_json(a) order by a.at desc, a.id desc), '[]')
      from operator_actions a where a.lead_id = l.id))
  from leads l where l.id = p_lead
$$;
