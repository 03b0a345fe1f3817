// Serena's form in any page: <script src="https://…/embed.js" data-target="#place" async></script>, of an origin in FORM_ORIGINS.
// In our own page it is there already, and this only saves a page load and puts the errors beside the fields at once.
(() => {
  "use strict";
  const PARTS = "__PARTS__"; // the form, what follows it, and its style, as the service has them
  const script = document.currentScript;
  const address = new URL("leads", script.src).href;
  const AWAY = "Não conseguimos enviar agora. Verifique a conexão e tente de novo.";

  function start(form, root) {
    const inputs = (name) => [...form.querySelectorAll(`[name="${name}"]`)];
    const button = form.querySelector("button");
    const say = (text) => { form.querySelector(".answer").textContent = text; };
    form.noValidate = true;

    function show(name, text) {
      const place = root.getElementById(`serena-${name}-error`);
      if (!place) return;
      place.textContent = text;
      for (const input of inputs(name)) input.toggleAttribute("aria-invalid", false);
      if (text) for (const input of inputs(name)) input.setAttribute("aria-invalid", "true");
    }

    function refused({ error, errors = {} }) {
      const wrong = Object.keys(errors).filter((name) => root.getElementById(`serena-${name}-error`));
      for (const name of wrong) show(name, errors[name]);
      say(wrong.length ? (wrong.length > 1 ? `Confira os ${wrong.length} campos indicados.` : "Confira o campo indicado.") : (error ?? AWAY));
      const order = [...form.elements].find((input) => wrong.includes(input.name));
      (order ?? button).focus();
    }

    function accepted() {
      const host = root.host ?? form.parentNode;
      form.insertAdjacentHTML("afterend", PARTS.done);
      const done = form.nextElementSibling;
      done.querySelector(".again").addEventListener("click", (event) => {
        event.preventDefault();
        done.remove();
        form.hidden = button.disabled = false;
        form.elements.name.focus();
      });
      form.hidden = true;
      done.querySelector("h2").focus();
      host.dispatchEvent(new CustomEvent("serena:accepted", { bubbles: true }));
    }

    form.addEventListener("input", (event) => show(event.target.name, ""));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      for (const input of form.elements) show(input.name, "");
      say("");
      const order = { ...Object.fromEntries(new FormData(form)), consent: form.elements.consent.checked };
      button.disabled = true;
      try {
        const answer = await fetch(address, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json" },
          body: JSON.stringify(order),
          credentials: "omit",
          signal: AbortSignal.timeout?.(30000),
        });
        if (answer.status === 202) return accepted();
        button.disabled = false;
        refused(await answer.json().catch(() => ({})));
      } catch {
        button.disabled = false;
        say(AWAY);
        button.focus();
      }
    });
  }

  function render() {
    const place = document.createElement("div");
    const wanted = script.dataset.target && document.querySelector(script.dataset.target);
    if (wanted) wanted.append(place);
    else if (document.body.contains(script)) script.after(place);
    else document.body.append(place);
    const root = place.attachShadow({ mode: "open" });
    root.innerHTML = PARTS.form;
    try {
      // a foreign page may forbid style elements, and this is none
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(PARTS.style);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.prepend(Object.assign(document.createElement("style"), { textContent: PARTS.style }));
    }
    const form = root.querySelector("form");
    form.elements.source.value = script.dataset.source ?? new URLSearchParams(location.search).get("utm_source") ?? "";
    start(form, root);
  }

  function begin() {
    const ours = new URL(address).origin === location.origin && document.querySelector("form.serena-form");
    if (ours) start(ours, document);
    else render();
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
