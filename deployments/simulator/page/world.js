// What the page knows of the simulator's world, kept up to date by its event stream.

export const phones = new Map(); // id → phone
export const chats = new Map(); // id → bubbles by seq, 1-based: index 0 stays empty
export const news = new EventTarget(); // "phone", "bubble", "faults", "ready", "selected", "opened", "line"

export const here = {
  selected: null, // id of the phone on the table
  faults: {},
  skew: 0, // seconds that the simulator's clock is ahead of ours
  ready: false,
  awaiting: null, // the phone that opens itself when its template arrives
};

const seen = new Map(); // id → seq up to which somebody looked

export const now = () => Date.now() / 1000 + here.skew;
export const chat = (id) => (chats.get(id) ?? []).filter(Boolean);
export const tell = (name, detail) => news.dispatchEvent(new CustomEvent(name, { detail }));

/** What came for this phone since somebody looked; a message that failed never reached it. */
export function unread(id) {
  return chat(id).filter((b) => b.from === "us" && b.status !== "failed" && b.seq > (seen.get(id) ?? 0)).length;
}

export function look(id) {
  seen.set(id, (chats.get(id)?.length ?? 1) - 1);
}

/** Puts a phone on the table, or the form (null). */
export function select(id) {
  here.selected = phones.has(id) ? id : null;
  // so that a reload, or a link sent to a colleague, opens the same phone
  history.replaceState(null, "", here.selected ? `#${id}` : location.pathname);
  tell("selected", here.selected);
}

/** The phone that the form was filled for rings: it comes forward by itself. */
export function openAwaited() {
  const id = here.awaiting;
  here.awaiting = null;
  select(id);
  tell("opened", id);
}

/** The browser reconnects by itself and says up to where it knows; only a stream that was refused is opened anew. */
export function follow() {
  const stream = new EventSource("/simulator/events");
  const on = (name, act) => stream.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("hello", ({ fresh, now: theirs }) => {
    here.skew = theirs - Date.now() / 1000;
    if (fresh) {
      phones.clear();
      chats.clear();
      here.ready = false;
    }
    tell("line", true);
  });
  on("phone", (phone) => {
    phones.set(phone.id, phone);
    if (here.ready) tell("phone", phone.id);
  });
  on("bubble", ({ phone_id: id, ...bubble }) => {
    if (!chats.has(id)) chats.set(id, []);
    const fresh = !chats.get(id)[bubble.seq];
    chats.get(id)[bubble.seq] = bubble;
    if (here.ready) tell("bubble", { id, bubble, fresh });
  });
  on("faults", (plan) => {
    here.faults = plan;
    tell("faults");
  });
  on("ready", () => {
    // what was there before the page is not news to anybody
    phones.forEach((_, id) => look(id));
    here.ready = true;
    tell("ready");
  });
  stream.addEventListener("error", () => {
    tell("line", false);
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, 1000);
  });
}
