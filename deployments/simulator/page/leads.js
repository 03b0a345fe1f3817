// Whose phone is on the table: the form or one of the phones, with what nobody looked at yet; and new ones.

import { byId, call, closeSheet, el, pretty } from "./dom.js";
import { here, news, phones, select, tell, unread } from "./world.js";

let shown = "";

export function startLeads() {
  for (const name of ["ready", "phone", "bubble", "selected", "seen"]) news.addEventListener(name, drawSoon);
  byId("leads").addEventListener("change", (event) => select(event.target.value || null));
  byId("new-lead").addEventListener("click", () => {
    byId("new-lead-problem").textContent = "";
    byId("new-lead-sheet").showModal();
  });
  byId("new-lead-form").addEventListener("submit", (event) => {
    event.preventDefault();
    create(event.target);
  });
}

let due = 0;
// many events come at once; one drawing is enough for all of them
function drawSoon() {
  cancelAnimationFrame(due);
  due = requestAnimationFrame(draw);
}

function draw() {
  const options = [["", "Formulário de captação"], ...[...phones.values()].reverse().map((phone) => [phone.id, named(phone)])];
  const wanted = JSON.stringify(options);
  // an open list is not drawn anew under the hand of whoever chooses
  if (shown !== wanted) {
    shown = wanted;
    byId("leads").replaceChildren(...options.map(([value, label]) => el("option", { value }, label)));
  }
  byId("leads").value = here.selected ?? "";
  const waiting = [...phones.keys()].reduce((sum, id) => sum + unread(id), 0);
  byId("phone-badge").textContent = waiting || "";
  document.title = `${waiting ? `(${waiting}) ` : ""}Serena – visita guiada`;
}

function named(phone) {
  const fresh = unread(phone.id);
  const number = phone.show_phone ? pretty(phone.phone) : "número oculto";
  return `${fresh ? `(${fresh}) ` : ""}${phone.name} · ${phone.whatsapp ? number : "sem WhatsApp"}`;
}

async function create(form) {
  const { name, kind } = Object.fromEntries(new FormData(form));
  const number = form.elements.phone.value.replace(/\D/g, "");
  const order = { name: name.trim() || "Lead", reads: false, show_phone: kind !== "hidden", whatsapp: kind !== "none" };
  if (number) order.phone = number.length > 11 ? `+${number}` : `+55${number}`;
  try {
    const made = await call("POST", "/simulator/phones", order);
    phones.set(made.id, made);
    closeSheet(byId("new-lead-sheet"));
    form.reset();
    select(made.id);
    tell("phone", made.id);
    tell("opened", made.id);
    byId("message").focus();
  } catch (problem) {
    byId("new-lead-problem").textContent = problem.message;
  }
}
