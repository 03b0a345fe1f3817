// The landing page's form: posted to the webhook as the real page does, its messages shown at the fields.

import { byId, call } from "./dom.js";
import { here, phones, tell } from "./world.js";

const UFS = "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO".split(" ");
const FIELDS = ["name", "phone", "email", "city", "state", "invoice_amount", "client_type", "consent"];
const CONSENT_VERSION = "simulador-1";

// Places of the simulated plans API and one where Serena does not sell; each with a sample bill where there is one.
const PEOPLE = [
  ["Marina Alves da Conceição", "81", "Recife", "PE", "R$ 412,37", "casa"],
  ["José Antônio Gonçalves", "31", "Belo Horizonte", "MG", "187,20", "casa"],
  ["Carlos Eduardo Peçanha", "62", "Goiânia", "GO", "1.245,67", "empresa"],
  ["Bruna Siqueira Prado", "11", "São Paulo", "SP", "320,00", "casa"],
];
let turn = 0;

export function startForm(formUrl) {
  const form = byId("lead-form");
  for (const uf of UFS) form.elements.state.add(new Option(uf, uf));
  byId("fill").addEventListener("click", () => fill(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form, formUrl);
  });
  // a message disappears as soon as somebody mends its field
  form.addEventListener("input", (event) => show(form, event.target.name, ""));
}

function fill(form) {
  const [name, ddd, city, state, amount, kind] = PEOPLE[turn++ % PEOPLE.length];
  const line = String(Math.floor(Math.random() * 9000000) + 1000000);
  const values = { name, city, state, invoice_amount: amount, client_type: kind, email: "" };
  values.phone = `(${ddd}) 98${line.slice(0, 3)}-${line.slice(3)}`;
  for (const [field, value] of Object.entries(values)) form.elements[field].value = value;
  form.elements.consent.checked = true;
  FIELDS.forEach((field) => show(form, field, ""));
  say("", "");
}

async function submit(form, formUrl) {
  const given = Object.fromEntries(new FormData(form));
  const order = { ...given, consent: form.elements.consent.checked, consent_text_version: CONSENT_VERSION };
  FIELDS.forEach((field) => show(form, field, ""));
  say("busy", "Enviando…");
  const button = byId("send-form");
  button.disabled = true;
  try {
    const answer = await fetch(formUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(order),
    });
    const read = await answer.json().catch(() => ({}));
    if (answer.status === 202) {
      await expectTemplate(given);
      say("good", "Pedido recebido! A mensagem chega no celular em instantes.");
    } else {
      refused(form, read, answer.status);
    }
  } catch {
    say("bad", `O webhook não responde em ${formUrl}.`);
  } finally {
    button.disabled = false;
  }
}

/** Whose phone it is: made now if it is new, named as in the form, and opened when the template arrives. */
async function expectTemplate({ name, phone }) {
  const digits = phone.replace(/\D/g, "");
  const number = phone.trim().startsWith("+") || digits.length > 11 ? `+${digits}` : `+55${digits.replace(/^0+/, "")}`;
  const made = await call("POST", "/simulator/phones", { name, phone: number, reads: false });
  phones.set(made.id, made);
  here.awaiting = made.id;
  tell("phone", made.id);
  tell("awaiting", made.id);
}

function refused(form, { error, errors = {} }, status) {
  const wrong = FIELDS.filter((field) => errors[field]);
  wrong.forEach((field) => show(form, field, errors[field]));
  if (wrong.length > 1) say("bad", `Confira ${wrong.length} campos.`);
  else say("bad", wrong.length ? "Confira o campo indicado." : (error ?? `O webhook respondeu ${status}.`));
  const first = form.elements[wrong[0]];
  if (first) (first.length && !first.options ? first[0] : first).focus();
}

function show(form, field, message) {
  const place = byId(`${field}-error`);
  if (!place) return;
  place.textContent = message;
  const input = form.elements[field];
  const inputs = input instanceof RadioNodeList ? [...input] : [input];
  inputs.forEach((each) => (message ? each.setAttribute("aria-invalid", "true") : each.removeAttribute("aria-invalid")));
}

function say(kind, text) {
  const place = byId("form-answer");
  place.className = `answer ${kind}`;
  place.textContent = text;
}
