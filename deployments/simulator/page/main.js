// Puts the page together: the form, the phone, what is behind it; on a small screen one of them at a time.

import { byId, call } from "./dom.js";
import { startBackstage } from "./backstage.js";
import { startComposer } from "./composer.js";
import { startFaults } from "./faults.js";
import { startForm } from "./form.js";
import { startLeads } from "./leads.js";
import { seen, startPhone, toTheEnd } from "./phone.js";
import { follow, news } from "./world.js";

const ROOMS = ["form-room", "phone-room", "backstage-room"];

function show(room) {
  for (const id of ROOMS) {
    byId(id).classList.toggle("shown", id === room);
    document.querySelector(`[data-room="${id}"]`).setAttribute("aria-pressed", String(id === room));
  }
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
  // a click beside a sheet closes it
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  sheet.querySelector("[data-close]")?.addEventListener("click", () => sheet.close());
}

// before anything is waited for: a click in that moment would be lost
startLeads();
startPhone();
startFaults();
startBackstage();
const { form_url: formUrl, business, bills } = await call("GET", "/simulator/surroundings");
byId("business").textContent = business;
startForm(formUrl);
startComposer(bills);
show("form-room");
follow();
