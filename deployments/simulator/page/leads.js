// The leads side by side: one card each, with what came last and what nobody looked at yet; and new ones.

import { byId, call, el, pretty } from "./dom.js";
import { short } from "./bubbles.js";
import { chat, here, news, phones, select, tell, unread } from "./world.js";

export function startLeads() {
  for (const name of ["ready", "phone", "bubble", "selected", "seen", "awaiting"]) news.addEventListener(name, drawSoon);
  byId("new-lead").addEventListener("click", openDialog);
  byId("first-lead").addEventListener("click", openDialog);
  byId("new-lead-form").addEventListener("submit", (event) => {
    event.preventDefault();
    create(event.target);
  });
  byId("new-lead-cancel").addEventListener("click", () => byId("new-lead-sheet").close());
  byId("lead-cards").addEventListener("keydown", step);
}

let due = 0;
// many events come at once; one drawing is enough for all of them
function drawSoon() {
  cancelAnimationFrame(due);
  due = requestAnimationFrame(draw);
}

function draw() {
  const focused = document.activeElement?.dataset.lead;
  const cards = [...phones.values()].reverse().map(card);
  byId("lead-cards").replaceChildren(...cards);
  byId("lead-cards").querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focused) byId("lead-cards").querySelector(`[data-lead="${focused}"]`)?.focus();
  const waiting = [...phones.keys()].reduce((sum, id) => sum + unread(id), 0);
  byId("phone-badge").textContent = waiting || "";
  document.title = `${waiting ? `(${waiting}) ` : ""}Serena – celular simulado`;
}

function card(phone) {
  const last = chat(phone.id).at(-1);
  const fresh = unread(phone.id);
  const chosen = phone.id === here.selected;
  const line = last ? short(last) : phone.whatsapp ? "Nenhuma mensagem ainda" : "Sem WhatsApp";
  return el(
    "button",
    {
      type: "button", role: "tab", class: "lead-card", "data-lead": phone.id, "aria-selected": String(chosen),
      "aria-controls": "phone", tabindex: chosen || !here.selected ? "0" : "-1", onclick: () => select(phone.id),
    },
    el("span", { class: `avatar tone${Number(phone.id.slice(1)) % 6}`, "aria-hidden": "true" }, initials(phone.name)),
    el("span", { class: "lead-text" },
      el("strong", {}, phone.name),
      el("small", {}, here.awaiting === phone.id ? "Esperando o WhatsApp…" : line),
      el("span", { class: "only-heard" }, `, ${phone.show_phone ? pretty(phone.phone) : "número oculto"}`)),
    fresh > 0 && el("span", { class: "badge" }, String(fresh), el("span", { class: "only-heard" }, " não lidas")),
  );
}

const initials = (name) =>
  name.split(/\s+/).filter((word) => word.length > 2).slice(0, 2).map((word) => word[0].toUpperCase()).join("") || "?";

/** Arrow keys go from tab to tab, as in any row of tabs. */
function step(event) {
  const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const ids = [...phones.keys()].reverse();
  if (!way || !ids.length) return;
  event.preventDefault();
  const next = ids[(ids.indexOf(here.selected) + way + ids.length) % ids.length];
  select(next);
  draw();
  byId("lead-cards").querySelector(`[data-lead="${next}"]`).focus();
}

function openDialog() {
  byId("new-lead-problem").textContent = "";
  byId("new-lead-sheet").showModal();
}

async function create(form) {
  const { name, kind } = Object.fromEntries(new FormData(form));
  const number = form.elements.phone.value.replace(/\D/g, "");
  const order = { name: name.trim() || "Lead", reads: false, show_phone: kind !== "hidden", whatsapp: kind !== "none" };
  if (number) order.phone = number.length > 11 ? `+${number}` : `+55${number}`;
  try {
    const made = await call("POST", "/simulator/phones", order);
    phones.set(made.id, made);
    byId("new-lead-sheet").close();
    form.reset();
    select(made.id);
    tell("phone", made.id);
    byId("message").focus();
  } catch (problem) {
    byId("new-lead-problem").textContent = problem.message;
  }
}
