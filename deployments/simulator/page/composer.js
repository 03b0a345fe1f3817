// What the person can do: write, record, and send files, sample bills, a place.

import { byId, closeSheet, el, icon, openSheet } from "./dom.js";
import { here, news } from "./world.js";
import { write } from "./phone.js";

const MOST_BYTES = 25_000_000;
const drafts = new Map(); // by phone: going to another lead and back loses nothing
let shown = null;

export function startComposer({ bills, photos_are_read: photosAreRead }) {
  const text = byId("message");
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    submit(text);
  });
  text.addEventListener("keydown", (event) => {
    // Enter that ends a composed letter (an accent, a Japanese word) is not Enter
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit(text);
  });
  text.addEventListener("input", () => fit(text));
  news.addEventListener("selected", () => {
    if (shown) drafts.set(shown, text.value);
    shown = here.selected;
    text.value = drafts.get(shown) ?? "";
    fit(text);
  });
  const sheet = byId("attach-sheet");
  byId("attach").addEventListener("click", () => openSheet(sheet));
  byId("photos-unread").hidden = photosAreRead;
  byId("bill-rows").replaceChildren(...bills.map(billRow));
  sheet.querySelectorAll("[data-send]").forEach((button) =>
    button.addEventListener("click", () => {
      closeSheet(sheet);
      write(JSON.parse(button.dataset.send));
    }),
  );
  byId("file").addEventListener("change", (event) => {
    closeSheet(sheet);
    [...event.target.files].forEach(upload);
    event.target.value = "";
  });
  const chat = byId("phone-inside");
  chat.addEventListener("dragover", (event) => event.preventDefault());
  chat.addEventListener("drop", (event) => {
    event.preventDefault();
    [...event.dataTransfer.files].forEach(upload);
  });
}

function submit(text) {
  const written = text.value.trim();
  if (!written) return void (document.activeElement === byId("send") && write({ type: "audio" }));
  write({ type: "text", text: written });
  text.value = "";
  fit(text);
  text.focus();
}

/** As high as its lines; and the button is a microphone while there is nothing to send. */
function fit(text) {
  const voice = !text.value.trim();
  const button = byId("send");
  button.replaceChildren(icon(voice ? "mic" : "send"));
  button.setAttribute("aria-label", voice ? "Enviar mensagem de voz" : "Enviar");
  text.rows = Math.min(4, text.value.split("\n").length);
}

function billRow({ name, utility, holder, total }) {
  const send = (type) => () => {
    closeSheet(byId("attach-sheet"));
    write({ type, bill: name });
  };
  return el(
    "li",
    { class: "bill" },
    el("span", {}, el("strong", {}, utility), el("small", {}, `${holder} · ${total}`)),
    el("button", { type: "button", onclick: send("document"), "aria-label": `${utility}: enviar PDF` }, "PDF"),
    el("button", { type: "button", onclick: send("image"), "aria-label": `${utility}: enviar foto` }, "Foto"),
  );
}

function upload(file) {
  const problem = byId("phone-problem");
  if (file.size > MOST_BYTES) {
    problem.textContent = "Este arquivo é grande demais (no máximo 25 MB).";
    return;
  }
  const reader = new FileReader();
  reader.onload = () => {
    const content = reader.result.slice(reader.result.indexOf(",") + 1);
    const kind = file.type.split("/")[0];
    const type = ["image", "audio", "video"].includes(kind) ? kind : "document";
    write({ type, content, mime_type: file.type || "application/octet-stream", filename: file.name });
  };
  reader.onerror = () => (problem.textContent = "O arquivo não pôde ser lido.");
  reader.readAsDataURL(file);
}
