// What the person with the phone cannot see: the lead's flow run, the operator's page, and time that passes at a wish.

import { byId, call } from "./dom.js";
import { here, news, phones } from "./world.js";

const EVERY = 4000;
const STAGES = {
  FORM_SUBMITTED: "Formulário enviado", INITIAL: "Conversa aberta", AWAITING_PLACE: "Espera o lugar",
  AWAITING_BILL: "Espera a conta de luz", BILL_PROCESSED: "Conta lida", PLANS_SENT: "Planos enviados",
  NOT_SERVED: "Fora da área", INTERESTED: "Escolheu um plano", HUMAN_REQUESTED: "Pediu uma pessoa",
  OPTED_OUT: "Pediu para sair", COMPLETED: "Concluído",
};
const STATES = {
  Running: "em andamento", Suspended: "em espera (suspensa)", Paused: "em espera", Scheduled: "vai começar",
  Pending: "vai começar", Resuming: "retomando", Late: "atrasada", AwaitingRetry: "vai recomeçar", Silent: "terminou: silêncio",
  Completed: "terminou", Interested: "terminou: escolheu um plano", OptedOut: "terminou: pediu para sair",
  HumanRequested: "terminou: pediu uma pessoa", Unreachable: "terminou: inalcançável", Failed: "falhou",
  Crashed: "caiu", Cancelled: "cancelada",
};
const UNSENT = { queued: "na fila", sending: "saindo", uncertain: "resultado incerto", failed: "não chegou" };
let timer = 0;
let asked = 0;

export function startBackstage() {
  news.addEventListener("selected", () => {
    say("");
    refresh();
  });
  news.addEventListener("bubble", ({ detail }) => detail.id === here.selected && soon(500));
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

function draw({ problem, stage, run, ops_url: ops, unsent, taken_over_by: operator }) {
  byId("stage").textContent = STAGES[stage] ?? "–";
  byId("run-state").textContent = run?.state ? (STATES[run.state] ?? run.state) : "–";
  byId("operator").textContent = operator ? `Uma pessoa conversa: ${operator}` : "";
  link("run-link", run?.url);
  link("ops-link", ops);
  byId("behind-problem").textContent = problem ?? "";
  const lines = unsent.map(({ status, code, attempts }) =>
    [UNSENT[status], code && `código ${code}`, attempts > 1 && `${attempts} tentativas`].filter(Boolean).join(", "));
  byId("unsent").replaceChildren(...[...new Set(lines)].map((line) => Object.assign(document.createElement("li"), { textContent: line })));
  byId("unsent-part").hidden = !lines.length;
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
    say("Passaram duas horas de silêncio: o Prefect retomou a conversa.", "good");
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
