// The phone on the table: one chat, drawn as it grows, with what can be tapped in it.

import { byId, call, closeSheet, day, el, openSheet, pretty } from "./dom.js";
import { drawn } from "./bubbles.js";
import { chat, here, look, news, now, openAwaited, phones, select, tell } from "./world.js";

let typingTimer = 0;
let opening = 0;
let opened = null; // the message whose list is open
let following = true; // whoever scrolled up reads something older and is left alone
let last = { top: 0, length: 0, height: 0 }; // where the chat stood, and how long and how high it was, in pixels

export function startPhone() {
  news.addEventListener("ready", () => {
    select(phones.has(here.selected) ? here.selected : location.hash.slice(1));
  });
  news.addEventListener("selected", draw);
  news.addEventListener("phone", ({ detail: id }) => id === here.selected && drawHead());
  news.addEventListener("bubble", ({ detail }) => arrived(detail));
  document.addEventListener("visibilitychange", seen);
  byId("picture-sheet").addEventListener("click", () => byId("picture-sheet").close());
  byId("list-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const { id, title, description } = opened.rows[new FormData(event.target).get("row")];
    closeSheet(byId("list-sheet"));
    write({ type: "list_reply", id, title, description, message_id: opened.wamid });
  });
  const log = byId("chat");
  log.addEventListener("scroll", () => {
    // A chat that got shorter, or its window higher, is moved up by the browser and not by a reader; the event may come
    // only after the next change of height.
    const fitted = log.scrollHeight < last.length || log.clientHeight !== last.height;
    if (beyond(log) < 4) following = true;
    else if (fitted && following) toTheEnd();
    else if (log.scrollTop < last.top) following = false;
    remember(log);
  });
  // Names above the chat, the row of leads and the composer get their heights after the chat was drawn, and take them
  // from it; so do a keyboard and a turned phone.
  new ResizeObserver(() => following && toTheEnd()).observe(log);
  draw();
}

/** Pixels of the chat below what is shown. */
const beyond = (log) => log.scrollHeight - log.scrollTop - log.clientHeight;

const remember = (log) => (last = { top: log.scrollTop, length: log.scrollHeight, height: log.clientHeight });

function arrived({ id, bubble, fresh }) {
  if (fresh && bubble.template && here.awaiting === id) {
    openAwaited();
    return;
  }
  if (id !== here.selected) return;
  const log = byId("chat");
  const atEnd = beyond(log) < 120;
  if (fresh) append(bubble);
  // a tap uses up the buttons of the message it answers
  if (fresh && bubble.reply_to) redraw(chat(id).find((other) => other.wamid === bubble.reply_to));
  if (!fresh) redraw(bubble);
  if (atEnd || bubble.from === "lead") toTheEnd();
  drawHead();
  seen();
}

/** The end of the chat; while the phone is not on screen it has no height and cannot be scrolled. */
export function toTheEnd() {
  const log = byId("chat");
  log.scrollTop = log.scrollHeight;
  remember(log);
  following = true;
}

function draw() {
  const phone = phones.get(here.selected);
  byId("form-card").hidden = Boolean(phone);
  byId("phone").hidden = !phone;
  if (!phone) return;
  for (const sheet of document.querySelectorAll(".phone-sheet[open]")) closeSheet(sheet);
  const log = byId("chat");
  // announced is what comes from now on, not the whole chat again
  log.setAttribute("aria-live", "off");
  log.replaceChildren(byId("typing"));
  chat(phone.id).forEach(append);
  toTheEnd();
  requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
  drawHead();
  seen();
}

function append(bubble) {
  const log = byId("chat");
  const label = day(bubble.at);
  const labels = log.querySelectorAll(".day");
  if (labels[labels.length - 1]?.textContent !== label) log.append(el("div", { class: "day" }, label));
  log.append(drawn(bubble, chat(here.selected), acts));
}

function redraw(bubble) {
  const old = bubble && byId("chat").querySelector(`[data-seq="${bubble.seq}"]`);
  if (!old) return;
  const fresh = drawn(bubble, chat(here.selected), acts);
  const used = (item) => item.querySelectorAll(":disabled").length;
  // only the ticks when nothing else changed, so that a button keeps its focus and a picture does not flicker
  if (old.className !== fresh.className || used(old) !== used(fresh)) return old.replaceWith(fresh);
  old.dataset.status = fresh.dataset.status;
  old.querySelector(".ticks")?.replaceWith(fresh.querySelector(".ticks"));
}

function drawHead() {
  const phone = phones.get(here.selected);
  if (!phone) return;
  const left = phone.typing_until - now();
  const typing = left > 0;
  byId("phone-owner").textContent = `Celular de ${phone.name}`;
  byId("phone-number").textContent = phone.show_phone ? pretty(phone.phone) : `${phone.username} · número oculto`;
  byId("presence").textContent = typing ? "digitando…" : "Conta comercial";
  byId("presence").classList.toggle("typing", typing);
  if (byId("typing").hidden === typing) {
    byId("typing").hidden = !typing;
    if (following) toTheEnd();
  }
  byId("no-whatsapp").hidden = phone.whatsapp;
  document.querySelectorAll("#composer button, #composer textarea").forEach((part) => (part.disabled = !phone.whatsapp));
  clearTimeout(typingTimer);
  if (typing) typingTimer = setTimeout(drawHead, left * 1000 + 50);
}

/** Whoever has the chat open before their eyes has read it: only then do the ticks of our messages turn blue. */
export function seen() {
  const phone = phones.get(here.selected);
  if (!phone || document.visibilityState !== "visible" || !byId("phone-inside").offsetParent) return;
  look(phone.id);
  tell("seen", phone.id);
  if (phone.reads || !chat(phone.id).some((b) => b.from === "us" && b.status === "delivered")) return;
  clearTimeout(opening);
  opening = setTimeout(() => send(`/simulator/phones/${phone.id}/open`, {}), 300);
}

/** An order to the control API; what goes wrong is said above the composer. */
export async function send(path, body) {
  const place = byId("phone-problem");
  try {
    await call("POST", path, body);
    place.textContent = "";
    return true;
  } catch (problem) {
    place.textContent = problem.message;
    return false;
  }
}

export const write = (message) => send(`/simulator/phones/${here.selected}/messages`, message);

const acts = {
  reply(option, bubble) {
    const tapped = bubble.template
      ? { type: "button", text: option.title, payload: option.id }
      : { type: "button_reply", id: option.id, title: option.title };
    write({ ...tapped, message_id: bubble.wamid });
    byId("message").focus();
  },
  openList(bubble) {
    opened = bubble;
    byId("list-title").textContent = bubble.list_label ?? "Opções";
    byId("list-rows").replaceChildren(
      ...bubble.rows.map((row, index) =>
        el("li", {}, el("label", { class: "row" },
          el("span", {}, el("strong", {}, row.title), row.description && el("small", {}, row.description)),
          el("input", { type: "radio", name: "row", value: index, required: true })))),
    );
    openSheet(byId("list-sheet"));
  },
  openPicture(source) {
    byId("picture-shown").src = source;
    byId("picture-sheet").showModal();
  },
};
