// The real form, put into this page as any site would: by embed.js of the webhook service.

import { byId, call } from "./dom.js";
import { chat, here, now, openAwaited, phones, tell } from "./world.js";

// Places of the simulated plans API and one where Serena does not sell; each with a sample bill where there is one.
const PEOPLE = [
  ["Marina Alves da Conceição", "81", "Recife", "PE", "R$ 412,37", "casa"],
  ["José Antônio Gonçalves", "31", "Belo Horizonte", "MG", "187,20", "casa"],
  ["Carlos Eduardo Peçanha", "62", "Goiânia", "GO", "1.245,67", "empresa"],
  ["Bruna Siqueira Prado", "11", "São Paulo", "SP", "320,00", "casa"],
];
let turn = 0;

export function startForm(formUrl) {
  const place = byId("landing");
  const inside = () => place.firstElementChild?.shadowRoot;
  byId("fill").addEventListener("click", () => inside() && fill(inside()));
  place.addEventListener("serena:accepted", () => expectTemplate(inside().querySelector("form").elements));
  const script = Object.assign(document.createElement("script"), { src: new URL("embed.js", formUrl).href });
  Object.assign(script.dataset, { target: "#landing", source: "simulador" });
  script.addEventListener("error", () => (byId("form-answer").textContent = `O webhook não responde em ${formUrl}.`));
  document.body.append(script);
}

function fill(root) {
  root.querySelector(".again")?.click();
  const { elements } = root.querySelector("form");
  const [name, ddd, city, state, amount, kind] = PEOPLE[turn++ % PEOPLE.length];
  const line = String(Math.floor(Math.random() * 9000000) + 1000000);
  const values = { name, city, state, invoice_amount: amount, client_type: kind };
  values.phone = `(${ddd}) 98${line.slice(0, 3)}-${line.slice(3)}`;
  for (const [field, value] of Object.entries(values)) {
    elements[field].value = value;
    // as if it were typed: a message at the field disappears
    root.querySelector(`[name="${field}"]`).dispatchEvent(new Event("input", { bubbles: true }));
  }
  elements.consent.checked = true;
  // the form is longer than its column: what is to be pressed now comes into sight
  root.querySelector("[type=submit], button:not([type])").focus();
}

/** Whose phone it is: made now if it is new, named as in the form, and opened when the template arrives. */
async function expectTemplate(elements) {
  const name = elements.name.value, phone = elements.phone.value;
  const digits = phone.replace(/\D/g, "");
  const number = phone.trim().startsWith("+") || digits.length > 11 ? `+${digits}` : `+55${digits.replace(/^0+/, "")}`;
  const made = await call("POST", "/simulator/phones", { name, phone: number, reads: false });
  phones.set(made.id, made);
  here.awaiting = made.id;
  tell("phone", made.id);
  // the template may have been faster than the answer to the form
  const last = chat(made.id).at(-1);
  if (last?.template && now() - last.at < 10) openAwaited();
}
