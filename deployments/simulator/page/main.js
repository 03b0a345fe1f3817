// Puts the page together: the phone, its run and the operator; on a small screen one of them at a time.

import { byId, call, closeSheet } from "./dom.js";
import { startComposer } from "./composer.js";
import { startForm } from "./form.js";
import { startLeads } from "./leads.js";
import { seen, startPhone, toTheEnd } from "./phone.js";
import { startTools } from "./tools.js";
import { startTour } from "./tour.js";
import { follow, news } from "./world.js";

const ROOMS = ["phone-room", "run-room", "ops-room"];

function show(room) {
  for (const id of ROOMS) {
    byId(id).classList.toggle("shown", id === room);
    document.querySelector(`.rooms [data-room="${id}"]`).setAttribute("aria-pressed", String(id === room));
  }
  byId("go").hidden = byId("go").dataset.room === room;
  // while it was hidden it had no height, and could not be scrolled
  byId("timeline").scrollTop = byId("timeline").scrollHeight;
  if (room === "phone-room") toTheEnd();
  seen();
}

for (const button of document.querySelectorAll("[data-room]")) {
  button.addEventListener("click", () => show(button.dataset.room));
}
// who filled the form on a small screen sees the phone light up
news.addEventListener("opened", () => show("phone-room"));
news.addEventListener("line", ({ detail: up }) => (byId("offline").hidden = up));
for (const sheet of document.querySelectorAll("dialog")) {
  const close = () => closeSheet(sheet);
  // a click beside a sheet closes it; what lies in the phone is inert then, and the click is the phone's
  const beside = sheet.matches(".phone-sheet") ? sheet.parentElement : sheet;
  beside.addEventListener("click", (event) => event.target === beside && sheet.open && close());
  sheet.addEventListener("keydown", (event) => event.key === "Escape" && close());
  sheet.querySelector("[data-close]")?.addEventListener("click", close);
}

// before anything is waited for: a click in that moment would be lost
startLeads();
startPhone();
startTools();
const around = await call("GET", "/simulator/surroundings");
byId("business").textContent = around.business;
startForm(around.form_url);
startComposer(around);
startTour(around);
show("phone-room");
follow();
