// What the person with the phone cannot see: the lead's flow run, the operator's page, and time that passes at a wish.

import { byId, call, el } from "./dom.js";
import { chat, here, news, phones } from "./world.js";

const EVERY = 4000;
let timer = 0;
let asked = 0;

export function startBackstage() {
  news.addEventListener("selected", () => {
    say("");
    refresh();
  });
  news.addEventListener("bubble", ({ detail: { id, bubble, fresh } }) => {
    if (id !== here.selected) return;
    soon(500);
    // what was said before the person wrote on is no longer so
    if (fresh && bubble.from === "lead" && !byId("two-hours").dataset.busy) say("");
  });
  news.addEventListener("awaiting", () => soon(1000));
  news.addEventListener("phone", ({ detail: id }) => id === here.selected && drawWindow());
  document.addEventListener("visibilitychange", () => soon(0));
  byId("two-hours").addEventListener("click", letTwoHoursPass);
  byId("window-toggle").addEventListener("click", () => {
    const phone = phones.get(here.selected);
    if (phone) order("window", { close: phone.window_open });
  });
  byId("marketing-toggle").addEventListener("click", () => {
    const phone = phones.get(here.selected);
    if (phone) order("preferences", { value: phone.marketing_stopped ? "resume" : "stop" });
  });
}

function soon(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(refresh, milliseconds);
}

async function refresh() {
  const id = here.selected;
  clearTimeout(timer);
  byId("backstage-lead").hidden = !id;
  byId("backstage-nobody").hidden = Boolean(id);
  if (!id || document.visibilityState !== "visible") return;
  drawWindow();
  const mine = ++asked;
  let view;
  try {
    view = await call("GET", `/simulator/phones/${id}/behind`);
  } catch (problem) {
    view = { problem: problem.message, unsent: [] };
  }
  // the answer may be about a lead that is no longer on the table
  if (mine !== asked || id !== here.selected) return;
  draw(view);
  soon(EVERY);
}

function draw({ problem, stage, stage_means: means, run, ops_url: ops, unsent, taken_over_by: operator }) {
  byId("stage").textContent = means ?? "–";
  byId("run-state").textContent = run?.state ?? "–";
  byId("run-outcome").textContent = run?.outcome ?? "";
  byId("operator").textContent = operator ? `Uma pessoa conversa: ${operator}` : "";
  link("run-link", run?.url);
  link("ops-link", ops);
  byId("behind-problem").textContent = problem ?? "";
  byId("unsent").replaceChildren(...[...new Set(unsent)].map((line) => el("li", {}, line)));
  byId("unsent-part").hidden = !unsent.length;
  const button = byId("two-hours");
  if (!button.dataset.busy) button.disabled = !run || !stage;
}

function link(id, address) {
  const place = byId(id);
  place.hidden = !address;
  if (address) place.href = address;
}

function drawWindow() {
  const phone = phones.get(here.selected);
  if (!phone) return;
  byId("window-toggle").setAttribute("aria-checked", String(!phone.window_open));
  // Of a person who never wrote the window is closed, and we know it; closed by this switch, only WhatsApp knows.
  const wrote = chat(phone.id).some((bubble) => bubble.from === "lead");
  byId("window-detail").textContent = wrote
    ? "o WhatsApp recusa texto livre até a pessoa escrever; a Serena não sabe disso"
    : "a pessoa ainda não escreveu: só um modelo aprovado chega";
  byId("marketing-toggle").setAttribute("aria-checked", String(phone.marketing_stopped));
}

async function order(what, body) {
  try {
    await call("POST", `/simulator/phones/${here.selected}/${what}`, body);
  } catch (problem) {
    say(problem.message, "bad");
  }
}

async function letTwoHoursPass() {
  const button = byId("two-hours");
  button.dataset.busy = "1";
  button.disabled = true;
  say("Assim que a conversa entrar em espera, o tempo passa…", "busy");
  try {
    await call("POST", `/simulator/phones/${here.selected}/two-hours`, {});
    say("Passaram duas horas de silêncio: a conversa é retomada.", "good");
  } catch (problem) {
    say(problem.message, "bad");
  } finally {
    delete button.dataset.busy;
    button.disabled = false;
    soon(500);
  }
}

function say(text, kind = "") {
  byId("two-hours-answer").className = `answer ${kind}`;
  byId("two-hours-answer").textContent = text;
}
