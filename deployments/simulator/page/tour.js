// The tour: five steps ticked off as they happen, the run told step by step, the time until the reminder, an operator's page.

import { byId, call, el, exactly } from "./dom.js";
import { here, news, now } from "./world.js";

const EVERY = 2000;
// What a step is called, where it happens, and what is to be done.
const STEPS = [
  ["Preencher", "phone-room", "Preencha o formulário (o exemplo faz isso por você) e envie. O celular toca em segundos."],
  ["Tocar", "phone-room", "O WhatsApp chegou. Toque em “Ativar Perfil” na mensagem, ou responda como quiser."],
  ["Enviar a conta", "phone-room", "Responda. Quando ela pedir a conta de luz, toque em + e mande uma de exemplo: PDF e foto são lidos de verdade."],
  ["Acompanhar", "run-room", "Confirme a leitura e depois não responda: a execução dorme, sem ocupar processo, e acorda sozinha para lembrar."],
  ["Assumir", "ops-room", "Sua vez de ser o operador: “Assumir a conversa”, e escreva. A mensagem chega neste celular."],
];
const DONE = "Foi a visita inteira, num lead de verdade. Converse mais, ligue falhas, ou comece outra vez pelo formulário.";
const PASSED = "Passaram duas horas de silêncio: a conversa é retomada.";
const ROOMS = { "phone-room": "Ir ao celular", "run-room": "Ver a execução", "ops-room": "Ir ao operador" };

let timer = 0;
let asked = 0;
let view = null;
let told = ""; // the timeline as it is drawn
let framed = null; // the operator's page as it is shown; null while nobody is signed in

export async function startTour({ form_url: formUrl }) {
  news.addEventListener("selected", () => {
    say("");
    draw(null);
    refresh();
  });
  news.addEventListener("bubble", ({ detail: { id, bubble, fresh } }) => {
    if (id !== here.selected) return;
    soon(300);
    // what was said before the person wrote on is no longer so
    if (fresh && bubble.from === "lead" && !byId("two-hours").dataset.busy) say("");
  });
  document.addEventListener("visibilitychange", () => soon(0));
  byId("two-hours").addEventListener("click", letTwoHoursPass);
  setInterval(drawCountdown, 250);
  draw(null);
  const signedIn = await call("POST", "/simulator/operator").then(() => true, () => false);
  const inbox = new URL("/ops", formUrl).href;
  if (signedIn) frame(inbox);
  link("ops-link", inbox);
}

function soon(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(refresh, milliseconds);
}

async function refresh() {
  const id = here.selected;
  clearTimeout(timer);
  if (!id || document.visibilityState !== "visible") return;
  const mine = ++asked;
  const found = await call("GET", `/simulator/phones/${id}/behind`).catch((problem) => ({ problem: problem.message }));
  // the answer may be about a lead that is no longer on the table
  if (mine !== asked || id !== here.selected) return;
  draw(found);
  soon(EVERY);
}

function draw(found) {
  view = found;
  const place = byId("timeline");
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 120;
  const { problem, stage_means: means, run, ops_url: ops, taken_over_by: operator } = found ?? {};
  drawSteps(found?.steps ?? []);
  byId("nobody").hidden = Boolean(means);
  byId("facts").hidden = !means;
  byId("stage").textContent = means ?? "–";
  byId("run-state").textContent = run?.state ?? "–";
  byId("run-outcome").textContent = run?.outcome ?? (operator ? `Uma pessoa conversa: ${operator}.` : "");
  byId("behind-problem").textContent = problem ?? "";
  link("run-link", run?.url);
  if (ops) link("ops-link", ops);
  if (ops && framed) frame(ops);
  drawTimeline(place, found?.happened ?? []);
  // what stands above may have taken some of its height
  if (atEnd) place.scrollTop = place.scrollHeight;
  drawCountdown();
  const button = byId("two-hours");
  button.hidden = !here.selected;
  if (!button.dataset.busy) button.disabled = !run;
}

function drawSteps(done) {
  const next = STEPS.findIndex((_, index) => !done[index]);
  const items = STEPS.map(([name], index) =>
    el("li", { class: done[index] ? "done" : "", "aria-current": index === next ? "step" : null },
      el("span", { class: "number", "aria-hidden": "true" }, done[index] ? "✓" : String(index + 1)),
      el("span", { class: "step-name" }, name),
      done[index] && el("span", { class: "only-heard" }, " (feito)")));
  byId("steps").replaceChildren(...items);
  const [, room, hint] = STEPS[next] ?? [null, "phone-room", DONE];
  if (byId("hint").textContent !== hint) byId("hint").textContent = hint;
  byId("go").textContent = ROOMS[room];
  byId("go").dataset.room = room;
  byId("go").hidden = byId(room).classList.contains("shown");
}

function drawTimeline(place, happened) {
  const drawn = JSON.stringify(happened);
  if (drawn === told) return;
  told = drawn;
  place.hidden = !happened.length;
  place.replaceChildren(...happened.map(({ at, side, what, detail }) =>
    el("li", { class: side }, el("time", {}, exactly(at)), el("span", {}, el("strong", {}, what), detail && ` ${detail}`))));
}

/** By the store's clock and not by one of ours: what is shown is when the run is to wake up. */
function drawCountdown() {
  const at = view?.reminds_at;
  const left = Math.max(0, Math.ceil((at ?? 0) - now()));
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  const text = left ? `o lembrete sai em ${clock}` : "o lembrete está saindo…";
  byId("countdown").hidden = !at;
  if (at && byId("countdown").textContent !== text) byId("countdown").textContent = text;
}

/** Shows an address of the operators' pages; the page there keeps itself up to date, so the same one is not loaded again. */
function frame(address) {
  if (framed === address) return;
  framed = address;
  byId("ops").replaceChildren(el("iframe", { src: address, title: "Página do operador" }));
}

function link(id, address) {
  const place = byId(id);
  place.hidden = !address;
  if (address) place.href = address;
}

async function letTwoHoursPass() {
  const button = byId("two-hours");
  button.dataset.busy = "1";
  button.disabled = true;
  say("Assim que a conversa entrar em espera, o tempo passa…", "busy");
  try {
    await call("POST", `/simulator/phones/${here.selected}/two-hours`, {});
    say(PASSED, "good");
    // by then the reminder itself says so
    setTimeout(() => byId("two-hours-answer").textContent === PASSED && say(""), 8000);
  } catch (problem) {
    say(problem.message, "bad");
  } finally {
    delete button.dataset.busy;
    button.disabled = false;
    soon(300);
  }
}

function say(text, kind = "") {
  byId("two-hours-answer").className = `answer ${kind}`;
  byId("two-hours-answer").textContent = text;
}
