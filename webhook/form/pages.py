"""The form's pages and the script for other sites, out of `page/`: written once for a service, but for what somebody filled in."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from webhook.form.fields import UFS
from webhook.form.reading import FIELDS

# What is agreed to with the box, and what that text is called in the evidence of a consent. Another text is another version.
CONSENT = (
    "Autorizo a Serena a me enviar mensagens pelo WhatsApp sobre desconto na conta de luz e a tratar para isso os dados deste"
    " formulário (LGPD). Posso parar quando quiser, respondendo “parar”."
)
CONSENT_VERSION = "pagina-1"
ANSWERS = {
    202: "Recebido. A resposta não diz se o número já era conhecido.",
    400: "O corpo não é um objeto JSON.",
    403: "O site que enviou não está em FORM_ORIGINS.",
    408: "O envio demorou demais.",
    413: "O corpo passa de 16 KiB.",
    422: "Falta ou está errado algum campo: errors traz uma frase para cada um, error a primeira delas.",
    429: "Muitos envios do mesmo endereço em um minuto.",
    503: "O serviço está fora do ar por um momento: envie de novo.",
}
# No `no-referrer`: with that a browser sends `Origin: null` with our own form, and nothing tells it from a foreign page's.
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-cache",
}
_FOLDER = files("webhook.form") / "page"
_KINDS = {"form.css": "text/css", "page.css": "text/css", "icon.svg": "image/svg+xml"}
STATIC = {name: ((_FOLDER / name).read_bytes(), f"{kind}; charset=utf-8") for name, kind in _KINDS.items()}
_EXAMPLE = ("name", "phone", "city", "state", "invoice_amount", "consent")


class FormPages:
    """Renders the form; whatever somebody wrote into it is escaped. `privacy` is the notice's address, where there is one."""

    def __init__(self, privacy: str | None) -> None:
        self._jinja = Environment(
            loader=PackageLoader("webhook.form", "page"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.globals |= {"privacy": privacy, "consent": CONSENT, "version": CONSENT_VERSION, "ufs": UFS}
        parts = {
            "form": self._jinja.get_template("form.html").render(_filled({}, {}, "")),
            "done": self._jinja.get_template("done.html").render(),
            "style": (_FOLDER / "form.css").read_text("utf-8"),
        }
        script = (_FOLDER / "embed.js").read_text("utf-8")
        self.embed = script.replace('"__PARTS__"', json.dumps(parts, ensure_ascii=False))

    def landing(self, source: str = "") -> HTMLResponse:
        """The page, with the form empty; `source` says where its visitor comes from."""
        return self._page("index.html", **_filled({"source": source}, {}, ""), title="", sent=False)

    def refused(self, status: int, given: Mapping[str, str], errors: Mapping[str, str], problem: str) -> HTMLResponse:
        """The page after a form was sent without a script and not accepted: as it was filled, with what is wrong."""
        return self._page(
            "index.html", status, **_filled(given, errors, problem), title="Confira o formulário · ", sent=False
        )

    def accepted(self) -> HTMLResponse:
        """The page after a form was accepted."""
        return self._page("index.html", 202, title="Pedido recebido · ", sent=True)

    def guide(self, base: str) -> HTMLResponse:
        """How to send the form from elsewhere; `base` is our address, with a slash at the end."""
        order = {name: FIELDS[name].example for name in _EXAMPLE}
        address = f"{base}leads"
        inputs = "\n".join(f'  <input name="{name}" placeholder="{FIELDS[name].example}">' for name in _EXAMPLE[1:-1])
        html = (
            f'<form method="post" action="{address}">\n  <input name="name" required placeholder="{order["name"]}">\n{inputs}\n'
            '  <input type="checkbox" name="consent" value="on" required> Autorizo o contato pelo WhatsApp.\n'
            '  <input name="website" hidden tabindex="-1" autocomplete="off">\n  <button>Enviar</button>\n</form>'
        )
        body = json.dumps(order, ensure_ascii=False)
        curl = f"curl -X POST {address} \\\n  -H 'content-type: application/json' \\\n  -d '{body}'"
        shown = {name: field for name, field in FIELDS.items() if name != "timestamp"}
        return self._page(
            "guide.html", address=address, embed=f"{base}embed.js", html=html, curl=curl, fields=shown, answers=ANSWERS
        )

    def _page(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        return HTMLResponse(self._jinja.get_template(template).render(**context), status, headers=HEADERS)


def _filled(given: Mapping[str, str], errors: Mapping[str, str], problem: str) -> dict[str, Any]:
    return {
        "action": "/leads",
        "values": defaultdict(str, given),
        "errors": errors,
        "first": next(iter(errors), ""),
        "problem": problem,
    }
