// The switches that make the outside world fail, and what the person can do to us; while a fault is on, a band says so.

import { byId, call, el } from "./dom.js";
import { chat, here, news, phones } from "./world.js";

// Each switch is one value of one field of POST /simulator/faults; switches of the same field exclude each other.
const send = (code) => ({ sends: { code, times: null } });
const GROUPS = [
  ["Envio (Graph API)", [
    ["Limite de envios atingido", "130429: volta a aceitar depois", send(130429)],
    ["Mensagens demais para a mesma pessoa", "131056: volta a aceitar depois", send(131056)],
    ["Fora da janela de 24 horas", "131047: só modelo aprovado passa", send(131047)],
    ["Número inalcançável", "131026: recusa na hora", send(131026)],
    ["Token vencido", "190: alguém precisa trocá-lo", send(190)],
    ["Pagamento pendente", "131042: conta da empresa", send(131042)],
    ["Serviço fora do ar", "131016 com HTTP 500", send(131016)],
    ["Sem resposta (tempo esgotado)", "entrega, mas responde só depois de 40 s", { hang: { seconds: 40, times: null } }],
    ["Conexão cai depois do envio", "entrega, mas a resposta se perde", { drop: { answer: "close", times: null } }],
  ]],
  ["Avisos (webhooks)", [
    ["Aceita e depois falha", "status failed com 131026", { statuses: { code: 131026, times: null } }],
    ["Segurar os avisos de entrega", "chegam todos ao desligar", { hold_statuses: true }],
    ["Cada webhook duas vezes", "a Meta entrega ao menos uma vez", { duplicate_webhooks: true }],
  ]],
  ["API de planos da Serena", [
    ["Fora do ar", "HTTP 500", { plans: { kind: "500" } }],
    ["Não responde", "só depois de 60 s", { plans: { kind: "timeout" } }],
    ["Limite de consultas", "HTTP 429", { plans: { kind: "429" } }],
    ["Token recusado", "HTTP 401", { plans: { kind: "401" } }],
  ]],
];

export function startTools() {
  byId("open-tools").addEventListener("click", () => byId("tools-sheet").showModal());
  for (const name of ["selected", "phone", "bubble"]) news.addEventListener(name, drawPhone);
  byId("window-toggle").addEventListener("click", () => order("window", { close: phones.get(here.selected)?.window_open }));
  byId("marketing-toggle").addEventListener("click", () =>
    order("preferences", { value: phones.get(here.selected)?.marketing_stopped ? "resume" : "stop" }));
  byId("faults").replaceChildren(
    ...GROUPS.map(([title, switches]) =>
      el("fieldset", { class: "switches" }, el("legend", {}, title), ...switches.map(drawSwitch))),
  );
  byId("clear-faults").addEventListener("click", () => change("DELETE"));
  news.addEventListener("faults", show);
}

function drawSwitch([title, detail, order]) {
  const button = el(
    "button",
    { type: "button", role: "switch", class: "switch", "aria-checked": "false", onclick: () => toggle(order) },
    el("span", {}, title, el("small", {}, detail)),
    el("span", { class: "knob", "aria-hidden": "true" }),
  );
  button.order = order;
  return button;
}

function isOn(order) {
  const [[field, wanted]] = Object.entries(order);
  const planned = here.faults[field];
  if (!planned || typeof wanted !== "object") return planned === wanted;
  return Object.entries(wanted).every(([name, value]) => name === "times" || planned[name] === value);
}

function toggle(order) {
  const [[field, value]] = Object.entries(order);
  const off = typeof value === "boolean" ? false : null;
  change("POST", { [field]: isOn(order) ? off : value });
}

const change = (method, body) => told(call(method, "/simulator/faults", body));
const order = (what, body) => told(call("POST", `/simulator/phones/${here.selected}/${what}`, body));

async function told(work) {
  try {
    await work;
    byId("faults-problem").textContent = "";
  } catch (problem) {
    byId("faults-problem").textContent = problem.message;
  }
}

function drawPhone() {
  const phone = phones.get(here.selected);
  byId("this-phone").hidden = !phone;
  if (!phone) return;
  byId("window-toggle").setAttribute("aria-checked", String(!phone.window_open));
  // Of a person who never wrote the window is closed, and we know it; closed by this switch, only WhatsApp knows.
  const wrote = chat(phone.id).some((bubble) => bubble.from === "lead");
  byId("window-detail").textContent = wrote
    ? "o WhatsApp recusa texto livre até a pessoa escrever; a Serena não sabe disso"
    : "a pessoa ainda não escreveu: só um modelo aprovado chega";
  byId("marketing-toggle").setAttribute("aria-checked", String(phone.marketing_stopped));
}

function show() {
  const on = [];
  for (const button of document.querySelectorAll("#faults .switch")) {
    const active = isOn(button.order);
    button.setAttribute("aria-checked", String(active));
    if (active) on.push(button.querySelector("span").firstChild.textContent);
  }
  // what a script planned and no switch stands for
  const fields = GROUPS.flatMap(([, switches]) => switches.map(([, , order]) => order)).filter(isOn);
  const covered = new Set(fields.flatMap(Object.keys));
  for (const field of ["sends", "hang", "drop", "statuses", "plans"]) {
    if (here.faults[field] && !covered.has(field)) on.push(`outra falha (${field})`);
  }
  byId("faults-on").hidden = !on.length;
  byId("faults-named").textContent = on.join(" · ");
  byId("faults-count").textContent = on.length || "";
}
