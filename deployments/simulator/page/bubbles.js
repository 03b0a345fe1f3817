// How one message looks: text, template, buttons, list, files, and the ticks that the person's own follow.

import { clock, el, formatted, icon, size } from "./dom.js";

const STATUS = { sent: "enviada", delivered: "entregue", read: "lida" };
const KINDS = { audio: "Mensagem de voz", location: "Localização", sticker: "Figurinha", contacts: "Contato: João Prado" };

/** The bubble as a list item. `acts` holds what tapping does: reply(option, bubble), openList(bubble), openPicture(…). */
export function drawn(bubble, chat, acts) {
  if (bubble.from === "us" && bubble.status === "failed") return lost(bubble);
  const ours = bubble.from === "us";
  const quoted = bubble.reply_to && chat.find((other) => other.wamid === bubble.reply_to);
  const body = el(
    "div",
    { class: "bubble" },
    el("span", { class: "only-heard" }, ours ? "Serena: " : "Você: "),
    quoted && bubble.type !== "reaction" && el("blockquote", { class: "quote" }, short(quoted)),
    ...content(bubble, acts),
    bubble.footer ? el("small", { class: "footer" }, bubble.footer) : null,
    el("span", { class: "meta" }, el("time", {}, clock(bubble.at)), ours ? null : ticks(bubble)),
  );
  const side = ours ? "theirs" : "mine";
  const item = el("div", { class: `message ${side} ${bubble.type}`, "data-seq": bubble.seq, "data-status": bubble.status }, body);
  item.append(...choices(bubble, chat, acts));
  return item;
}

/** One line of it, for the list of leads and for quotes. */
export function short(bubble) {
  const text = bubble.text || KINDS[bubble.type] || bubble.filename || { image: "Foto", document: "Arquivo" }[bubble.type];
  const line = (text ?? "Mensagem").replace(/[*_~]/g, "").replace(/\s+/g, " ");
  return line.length > 90 ? `${line.slice(0, 88)}…` : line;
}

function lost(bubble) {
  const text = `Uma mensagem da Serena não chegou a este celular (código ${bubble.error ?? "?"}).`;
  return el("div", { class: "notice bad", "data-seq": bubble.seq }, text);
}

function content(bubble, acts) {
  const source = `/simulator/media/${bubble.media_id}`;
  const text = bubble.text ? el("p", { class: "text" }, ...formatted(bubble.text)) : null;
  switch (bubble.type) {
    case "image":
      return [picture(source, acts), text];
    case "document":
      return [file(source, bubble), text];
    case "audio":
      return [voice(source, bubble)];
    case "video":
      return [el("video", { src: source, controls: true, preload: "none" }), text];
    case "sticker":
      return [el("span", { class: "emoji", role: "img", "aria-label": KINDS.sticker }, "🌞")];
    case "reaction":
      return [el("span", { class: "emoji" }, bubble.text || "(reação retirada)")];
    case "location":
      return [place(bubble)];
    case "contacts":
      return [el("p", { class: "text" }, KINDS.contacts)];
    case "unsupported":
      return [el("p", { class: "text" }, el("em", {}, "Enquete (tipo que o WhatsApp não entrega a empresas)"))];
    default:
      return [text];
  }
}

function picture(source, acts) {
  const image = el("img", { src: source, alt: "Foto enviada" });
  return el("button", { type: "button", class: "picture", onclick: () => acts.openPicture(source) }, image);
}

function file(source, bubble) {
  const name = bubble.filename ?? "arquivo";
  const kind = bubble.mime_type === "application/pdf" ? "PDF" : (name.split(".").pop() ?? "").toUpperCase().slice(0, 4);
  return el(
    "a",
    { class: "file", href: source, target: "_blank", rel: "noopener noreferrer" },
    el("span", { class: "file-kind", "aria-hidden": "true" }, kind),
    el("span", { class: "file-name" }, name, el("small", {}, bubble.size ? `${kind} · ${size(bubble.size)}` : kind)),
  );
}

function voice(source, bubble) {
  // what the simulator says when nobody recorded anything is a few bytes long and cannot be played
  if (bubble.size > 100) return el("audio", { src: source, controls: true, preload: "none" });
  return el("span", { class: "voice", role: "img", "aria-label": KINDS.audio }, icon("mic"), el("i"), el("small", {}, "0:03"));
}

function place(bubble) {
  const [latitude, longitude] = bubble.place ?? [0, 0];
  const point = `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`.replace(/\./g, ",").replace(", ", " · ");
  return el("span", { class: "place" }, el("span", { class: "map" }, icon("pin")),
    el("span", {}, bubble.text || "Localização", el("small", {}, point)));
}

/** What hangs below a message of ours: reply buttons are used up by a tap, a list may be opened again. */
function choices(bubble, chat, acts) {
  if (bubble.from !== "us") return [];
  const tapped = chat.find((b) => b.from === "lead" && b.reply_to === bubble.wamid && /^(button|button_reply)$/.test(b.type));
  if (bubble.rows.length) {
    const open = () => acts.openList(bubble);
    return [el("button", { type: "button", class: "choice", onclick: open, "aria-haspopup": "dialog" }, icon("list"), bubble.list_label ?? "Ver opções")];
  }
  return bubble.buttons.map((option) =>
    el("button", { type: "button", class: "choice", disabled: Boolean(tapped), onclick: () => acts.reply(option, bubble) }, option.title),
  );
}

function ticks(bubble) {
  const name = STATUS[bubble.status] ?? bubble.status;
  return el(
    "span",
    { class: `ticks ${bubble.status}`, title: name },
    el("span", { "aria-hidden": "true" }, bubble.ticks === 2 ? "✓✓" : "✓"),
    el("span", { class: "only-heard" }, `, ${name}`),
  );
}
