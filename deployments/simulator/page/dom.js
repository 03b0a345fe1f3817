// Small hands for building the page: elements, requests, and the way texts and times are written.

/** An element. `on…` attributes are listeners, booleans are set or left out, children are nodes or texts. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}

/** One of the signs in index.html; drawn, because emoji are missing or different from machine to machine. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export const byId = (id) => document.getElementById(id);

/** A sheet slides up inside the phone, over the chat; only what lies in the phone waits until it is closed. */
export function openSheet(sheet) {
  sheet.show();
  for (const other of sheet.parentElement.children) other.inert = other !== sheet;
}

export function closeSheet(sheet) {
  // before it closes, for then the focus goes back to where it was
  if (!sheet.matches(":modal")) for (const other of sheet.parentElement.children) other.inert = false;
  sheet.close();
}

/** JSON to the control API; throws an Error whose message may be shown. */
export async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error("O simulador não responde.");
  }
  const read = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(typeof read.detail === "string" ? read.detail : `O simulador respondeu ${answer.status}.`);
  return read;
}

const MARKS = { "*": "strong", _: "em", "~": "s" };
// A mark opens after a space or a sign and closes before one, as in the chat app: 2*3*4 stays as it is.
const TOKEN = /(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]])|(?<![\p{L}\p{N}])([*_~])(?=\S)(.+?)(?<=\S)\2(?![\p{L}\p{N}])/su;

/** *bold*, _italic_, ~struck~ and links of a message, as nodes; never as HTML, for leads write these texts. */
export function formatted(text) {
  const nodes = [];
  let rest = text;
  for (let found = TOKEN.exec(rest); found; found = TOKEN.exec(rest)) {
    nodes.push(rest.slice(0, found.index));
    const [all, link, mark, inside] = found;
    if (link) nodes.push(el("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, link));
    else nodes.push(el(MARKS[mark], {}, ...formatted(inside)));
    rest = rest.slice(found.index + all.length);
  }
  return [...nodes, rest];
}

const CLOCK = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });
const EXACT = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DATE = new Intl.DateTimeFormat("pt-BR", { day: "numeric", month: "long", year: "numeric" });

/** 14:05, from Unix seconds. */
export const clock = (seconds) => CLOCK.format(seconds * 1000);

/** 14:05:09, from Unix seconds. */
export const exactly = (seconds) => EXACT.format(seconds * 1000);

/** “Hoje”, “Ontem” or the date, from Unix seconds. */
export function day(seconds, now = Date.now()) {
  const named = (time) => DATE.format(time);
  const shown = named(seconds * 1000);
  if (shown === named(now)) return "Hoje";
  return shown === named(now - 86_400_000) ? "Ontem" : shown;
}

/** +55 81 98877-6655; other countries' numbers as they come. */
export function pretty(number) {
  const found = /^\+55(\d\d)(\d{4,5})(\d{4})$/.exec(number);
  return found ? `+55 ${found[1]} ${found[2]}-${found[3]}` : number;
}

export function size(bytes) {
  return bytes >= 1_000_000 ? `${(bytes / 1_000_000).toFixed(1).replace(".", ",")} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`;
}
