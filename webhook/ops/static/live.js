// Brings new messages into the page that is open, without touching what is being typed. Without it a reload does the same.
const list = document.getElementById("bubbles");

function toEnd() {
  list.scrollTop = list.scrollHeight;
}

async function look() {
  if (document.hidden) return;
  const answer = await fetch(list.dataset.from, { redirect: "manual" }).catch(() => null);
  if (answer === null || answer.status === 503) return; // away for a moment: next time
  if (!answer.ok) return clearInterval(timer); // logged out, or erased: a reload says which
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const fresh = new DOMParser().parseFromString(`<ol>${await answer.text()}</ol>`, "text/html");
  for (const bubble of [...fresh.body.firstElementChild.children]) { // not what lies in a bubble: its options are a list too
    const known = document.getElementById(bubble.id);
    // what somebody has opened stays open
    known?.querySelectorAll("details").forEach((each, n) => bubble.querySelectorAll("details")[n]?.toggleAttribute("open", each.open));
    if (known === null) list.append(bubble);
    else if (known.innerHTML !== bubble.innerHTML) known.replaceWith(bubble);
  }
  if (atEnd) toEnd();
}

let timer;
if (list !== null) {
  if (!location.hash) toEnd();
  timer = setInterval(look, 4000);
}
