// Keeps the page that is open true without a reload, and calls whoever sits before it. Without this a reload does the same.
// The server says over one stream that something changed; the page is then fetched as it would be by a reload, and what is
// marked `data-live` in it is put in the old one's place. Nothing that is being typed is touched.
"use strict";
const byId = (id) => document.getElementById(id);
const kept = (name, or) => localStorage.getItem(`ops.${name}`) ?? or;
const keep = (name, value) => localStorage.setItem(`ops.${name}`, value);
const plainTitle = document.title;
const lead = document.body.dataset.lead;
const bubbles = byId("bubbles"), talk = byId("log");

// what is on the page

const fields = "input:not([type=hidden]), textarea, select";
function isBeingUsed(part) {
  const changed = (field) => field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
    : field.tagName === "SELECT" ? [...field.options].some((option) => option.selected !== option.defaultSelected) && field.dataset.pref === undefined
    : field.value !== field.defaultValue;
  return part.contains(document.activeElement?.closest(fields) ?? null) || [...part.querySelectorAll(fields)].some(changed);
}

function keepOpened(old, fresh) {
  const summary = (each) => each.querySelector("summary")?.textContent;
  const opened = [...old.querySelectorAll("details")];
  fresh.querySelectorAll("details").forEach((each) => {
    const before = opened.find((one) => summary(one) === summary(each) && one.id === each.id);
    if (before) each.open = before.open;
  });
}

function mergeBubbles(fresh) {
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
  for (const bubble of [...fresh.children]) { // not what lies in a bubble: its options are a list too
    const known = byId(bubble.id);
    if (known !== null) keepOpened(known, bubble);
    if (known === null) bubbles.append(bubble);
    else if (known.innerHTML !== bubble.innerHTML || known.className !== bubble.className) known.replaceWith(bubble);
  }
  if (atEnd) talk.scrollTop = talk.scrollHeight;
}

let fetching = false, again = false;
async function refresh() {
  if (fetching) return void (again = true);
  fetching = true;
  try {
    const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null);
    if (answer === null || answer.status === 503) return void setTimeout(refresh, 4000); // away for a moment
    if (!answer.ok) return void (lead && location.reload()); // logged out, or erased: the page says which
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(old.id);
      if (fresh === null) continue;
      // the field one writes in stays as long as one may write; only what it says of the window may age
      if (old.dataset.state !== undefined && old.dataset.state === fresh.dataset.state) continue;
      if (old.dataset.state === undefined && isBeingUsed(old)) continue;
      if (old.innerHTML === fresh.innerHTML) continue;
      const draft = old.dataset.state && old.querySelector("textarea")?.value;
      const at = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
      keepOpened(old, fresh);
      old.replaceWith(fresh);
      if (draft && fresh.querySelector("textarea")) fresh.querySelector("textarea").value = draft;
      else if (draft) mourn(fresh, draft);
      if (at) [...fresh.querySelectorAll("a")].find((link) => link.getAttribute("href") === at)?.focus();
      dress(fresh);
    }
    const said = page.getElementById("bubbles");
    if (bubbles && said) mergeBubbles(said);
    count();
  } finally {
    fetching = false;
    if (again) { again = false; refresh(); }
  }
}

// Somebody else has the conversation by now: what was being written stays where its author can copy it.
function mourn(composer, draft) {
  const field = Object.assign(document.createElement("textarea"), { rows: 3, readOnly: true, value: draft });
  field.setAttribute("aria-label", "Sua mensagem, que não saiu");
  composer.prepend(field);
}

// calling

function count() {
  const waiting = Number(byId("queue")?.dataset.waiting ?? 0);
  document.title = waiting ? `(${waiting}) ${plainTitle}` : plainTitle;
  byId("icon").href = waiting ? `/ops/icon/${Math.min(waiting, 10)}.svg` : byId("icon").dataset.plain;
}

const calls = JSON.parse(document.body.dataset.calls ?? "{}");
let audio = null;
function beep() {
  audio ??= new AudioContext();
  for (const [after, pitch] of [[0, 660], [0.16, 880]]) {
    const tone = audio.createOscillator(), volume = audio.createGain(), at = audio.currentTime + after;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.15, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.3);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.3);
  }
}

// One page of a browser calls, however many are open: the one that holds this lock, which the browser hands on.
let caller = !("locks" in navigator);
if (!caller) navigator.locks.request("ops-caller", () => { caller = true; listen(); return new Promise(() => {}); });

function ring(call) {
  if (byId("announce")) byId("announce").textContent = calls[call.kind] ?? "";
  if (!caller) return;
  document.documentElement.dataset.rang = `${call.kind} ${call.lead}`;
  if (kept("sound", "0") === "1") beep();
  if (document.hidden || !document.hasFocus()) {
    if (window.Notification?.permission === "granted") {
      const notice = new Notification(calls[call.kind] ?? "", { tag: call.lead, body: calls.body });
      notice.onclick = () => { window.focus(); location.href = `/ops/leads/${call.lead}`; };
    }
  }
}

let stream = null, leaving = null;
function listen() {
  // What lies in the background needs no stream of its own, since a browser opens only six to one address.
  clearTimeout(leaving);
  if (document.hidden && !caller) return void (leaving = setTimeout(() => { stream?.close(); stream = null; }, 5000));
  if (stream !== null && stream.readyState !== EventSource.CLOSED) return;
  stream = new EventSource(`/ops/live${lead ? `?lead=${lead}` : ""}`);
  stream.addEventListener("queue", refresh);
  stream.addEventListener("lead", refresh);
  stream.addEventListener("ring", (event) => ring(JSON.parse(event.data)));
  stream.addEventListener("ended", () => { stream.close(); location.reload(); });
  stream.addEventListener("error", () => { if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5000); });
}
document.addEventListener("visibilitychange", listen);
window.addEventListener("pagehide", () => stream?.close());

// keys, and what each reader chooses

function dress(part) {
  part.querySelectorAll("[data-pref]").forEach((each) => each.hidden = false);
  const choice = part.querySelector("#send-key");
  if (choice) {
    choice.dataset.pref = "";
    choice.value = kept("send", "ctrl");
    choice.onchange = () => keep("send", choice.value);
  }
}

for (const [id, or] of [["sound", "0"], ["keys", "1"]]) {
  const box = byId(id);
  if (!box) continue;
  box.checked = box.defaultChecked = kept(id, or) === "1";
  box.onchange = () => { keep(id, box.checked ? "1" : "0"); if (id === "sound" && box.checked) beep(); };
}
const notify = byId("notify");
if (notify) {
  notify.hidden = !("Notification" in window) || Notification.permission !== "default";
  notify.onclick = async () => { await Notification.requestPermission(); notify.hidden = Notification.permission !== "default"; };
}

document.addEventListener("keydown", (event) => {
  if (event.target.id === "text" && event.key === "Enter" && !event.isComposing && !event.shiftKey) {
    if (event.ctrlKey || event.metaKey || kept("send", "ctrl") === "enter") {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(fields) || kept("keys", "1") !== "1") return;
  const links = [...document.querySelectorAll("#queue .queue a")];
  const step = (by) => {
    const at = links.indexOf(document.activeElement), from = at < 0 ? links.findIndex((link) => link.ariaCurrent === "true") : at;
    links[Math.max(0, Math.min(links.length - 1, from < 0 ? 0 : from + by))]?.focus();
  };
  const act = { j: () => step(1), k: () => step(-1), a: () => byId("take")?.click(), r: () => byId("text")?.focus(),
    "/": () => (byId("q") ?? { focus: () => location.assign("/ops/leads#q") }).focus() }[event.key];
  if (act) { event.preventDefault(); act(); }
});
// a canned reply goes to where one is writing
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".canned a[data-text]"), field = byId("text");
  if (!link || !field) return;
  event.preventDefault();
  field.setRangeText(link.dataset.text, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  link.closest("details").open = false;
});
// a file that WhatsApp would not take is not carried to us first
document.addEventListener("change", ({ target: field }) => {
  if (field.type !== "file") return;
  const file = field.files[0], most = file?.type === "application/pdf" ? field.dataset.mostPdf : field.dataset.most;
  field.setCustomValidity(file && file.size > Number(most) ? field.dataset.large : "");
  field.reportValidity();
});
// a form that is on its way is not sent twice
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) return event.preventDefault();
  if (event.target.method === "post" && !event.target.action.endsWith("/export")) event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));

dress(document);
if (byId("queue") || document.querySelector("[data-live]")) listen();
if (byId("queue")) count();
if (talk && !location.hash) talk.scrollTop = talk.scrollHeight;
byId("text")?.focus();
document.documentElement.dataset.live = "on"; // keys are heard from now on
