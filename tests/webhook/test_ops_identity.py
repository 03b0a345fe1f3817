"""Logging in at an identity provider: only who was invited here, only by a word that holds, and then like any login."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from flows import settings
from flows.adapters.store.people import Role
from flows.errors import Fix
from tests.http_double import DROPS
from tests.identity_double import CLIENT, SECRET, IdentityDouble
from tests.webhook.operators import Browser, Office, field, seen
from tests.webhook.test_ops_people import change, invited

OPS = "https://ops.example"


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityDouble]:
    with IdentityDouble() as double:
        yield double


@pytest.fixture(scope="module")
def environment(provider: IdentityDouble) -> dict[str, str]:
    return {
        "OIDC_ISSUER": provider.url,
        "OIDC_CLIENT_ID": CLIENT,
        "OIDC_CLIENT_SECRET": SECRET,
        "OIDC_NAME": "Serena ID",
        "OPS_URL": OPS,
    }


@pytest.fixture(autouse=True)
def as_it_was(provider: IdentityDouble, desk: Office, ana: Browser) -> Iterator[None]:
    """Ana has an identity, and the provider tells the truth."""
    desk.sql("update operators set identity = 'Ana@serena.example', disabled_at = null where name = 'ana'")
    was = dict(vars(provider))
    yield
    for name in ("person", "changes", "userinfo", "algorithm", "issuer", "key", "published"):
        setattr(provider, name, was[name])


def sent(browser: Browser, way: str = "/ops/leads") -> str:
    """The address of the provider's to which a browser is sent."""
    begun = browser.get(f"/ops/identity?next={way}")
    assert begun.status_code == 303, seen(begun)
    return begun.headers["location"]


def returned(url: str) -> tuple[str, dict[str, str]]:
    """Where the provider sends a browser that came by this address: the path, and what it brings."""
    answered = httpx.get(url, follow_redirects=False, trust_env=False)
    assert answered.status_code == 302, answered.text
    parts = urlsplit(answered.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}" == OPS
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


def logs_in(browser: Browser, **brings: str) -> httpx.Response:
    """The whole way; `brings` instead of what the provider gave along."""
    path, query = returned(sent(browser))
    return browser.http.get(path, params=query | brings)


@pytest.fixture
def anew(desk: Office) -> Iterator[Callable[[], Browser]]:
    """Another browser, that knows nothing yet, as often as it is called."""
    made: list[Browser] = []

    def another() -> Browser:
        made.append(Browser(desk))
        return made[-1]

    yield another
    for each in made:
        each.http.close()


@pytest.fixture
def browser(anew: Callable[[], Browser]) -> Browser:
    return anew()


def test_an_invited_person_logs_in_without_a_password_and_it_is_a_login_like_any_other(
    anew: Callable[[], Browser], desk: Office, ana: Browser, browser: Browser
) -> None:
    page = browser.get("/ops/login?next=/ops/leads")
    assert "Entrar com Serena ID" in seen(page) and 'href="/ops/identity?next=/ops/leads"' in page.text
    answered = logs_in(browser)
    assert (answered.status_code, answered.headers["location"]) == (303, "/ops/leads"), seen(answered)
    assert browser.get("/ops/people").status_code == 200, "with the role that the store has for them"
    (row,) = desk.sql("select operator, action from operator_actions order by id desc limit 1")
    assert (row["operator"], row["action"]) == ("ana", "login")
    # ended everywhere, as one with a password is
    other = anew()
    assert logs_in(other).status_code == 303
    csrf = field(other.get("/ops/me"), "csrf")
    assert other.post("/ops/me/end-logins", {"csrf": csrf}).status_code == 303
    assert browser.get("/ops").status_code == 303


def test_who_was_invited_and_has_chosen_no_password_may_come_so_too(
    anew: Callable[[], Browser], desk: Office, provider: IdentityDouble, browser: Browser
) -> None:
    with Browser.of("ana", desk) as chief:
        invited(chief, "Célia", Role.ANSWERS)
        said = chief.after(change(chief, "set_identity", "Célia", identity=" celia@serena.example "))
        assert "Identidade guardada" in said
        assert "já é de outra pessoa" in chief.after(
            change(chief, "set_identity", "rui", identity="CELIA@serena.example")
        )
        provider.person = provider.person | {"email": "Celia@Serena.example"}
        assert logs_in(browser).status_code == 303
        assert browser.get("/ops").status_code == 200 and browser.get("/ops/people").status_code == 403
        chief.after(change(chief, "set_identity", "Célia", identity=""))
        assert browser.get("/ops").status_code == 303, "whom it is taken from is out at once"
    assert logs_in(anew()).status_code == 401


NOW = int(time.time())
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("another's nonce", {"nonce": "another"}, "não confirmou"),
    ("no nonce", {"nonce": None}, "não confirmou"),
    ("expired", {"exp": NOW - 3600, "iat": NOW - 7200}, "não confirmou"),
    ("no end", {"exp": None}, "não confirmou"),
    ("of the future", {"iat": NOW + 3600}, "não confirmou"),
    ("another audience", {"aud": "another-service"}, "não confirmou"),
    ("several audiences, for another", {"aud": [CLIENT, "another"], "azp": "another"}, "não confirmou"),
    ("several audiences, for nobody", {"aud": [CLIENT, "another"]}, "não confirmou"),
    ("another issuer", {"iss": "https://accounts.example"}, "não confirmou"),
    ("nobody", {"sub": None}, "não confirmou"),
    ("an e-mail nobody verified", {"email_verified": False}, "não confirmou"),
    ("an e-mail of which nothing is said", {"email_verified": None}, "não confirmou"),
    ("an unknown person", {"email": "mallory@serena.example"}, "não é de ninguém da equipe"),
    ("no e-mail", {"email": None}, "não confirmou"),
]


@pytest.mark.parametrize(("changes", "said"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_a_word_that_does_not_hold_opens_nothing_and_makes_nobody_an_operator(
    desk: Office, ana: Browser, provider: IdentityDouble, browser: Browser, changes: dict[str, Any], said: str
) -> None:
    before = desk.sql("select count(*) as n from operators")[0]["n"]
    provider.changes = changes
    answered = logs_in(browser)
    assert answered.status_code == 401 and said in seen(answered), seen(answered)
    assert "ops_session" not in browser.http.cookies
    assert browser.get("/ops").status_code == 303
    assert desk.sql("select count(*) as n from operators")[0]["n"] == before
    (row,) = desk.sql("select operator, action from operator_actions order by id desc limit 1")
    assert (row["operator"], row["action"]) == ("?", "login_failed")


@pytest.mark.parametrize("how", ["another key", "the client's secret", "nothing"])
def test_a_word_that_the_provider_did_not_sign_opens_nothing(
    provider: IdentityDouble, browser: Browser, how: str
) -> None:
    signing = provider.key
    if how == "another key":
        provider.key = RSAKey.generate_key(2048, parameters={"kid": signing.kid})
    elif how == "nothing":
        provider.algorithm = "none"
    else:
        provider.algorithm, provider.key = "HS256", OctKey.import_key(SECRET, {"kid": signing.kid})
    assert logs_in(browser).status_code == 401


def test_several_audiences_that_name_us_as_the_party_are_good(provider: IdentityDouble, browser: Browser) -> None:
    provider.changes = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert logs_in(browser).status_code == 303


def test_a_new_key_of_the_provider_is_asked_for(
    anew: Callable[[], Browser], provider: IdentityDouble, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert logs_in(browser).status_code == 303
    asked = sum(request.path == "/jwks" for request in provider.requests)
    monkeypatch.setattr("flows.adapters.identity._KEYS_AGAIN", 0.0)  # else a minute has to pass
    old, provider.key = provider.key, RSAKey.generate_key(2048, parameters={"kid": "the-next"})
    provider.published = [old, provider.key]
    assert logs_in(anew()).status_code == 303
    assert sum(request.path == "/jwks" for request in provider.requests) == asked + 1


def test_what_another_browser_began_or_nobody_did_is_stale(anew: Callable[[], Browser], browser: Browser) -> None:
    path, query = returned(sent(browser))
    victim = anew()
    assert victim.http.get(path, params=query).status_code == 403, "a stranger's login put upon somebody"
    assert browser.http.get(path, params=query | {"state": "wrong"}).status_code == 401
    assert browser.http.get(path, params=query).status_code == 403, "once refused, it is over"
    assert logs_in(browser, code="another").status_code == 401
    again = returned(sent(browser))
    assert browser.http.get(again[0], params=again[1]).status_code == 303
    assert browser.http.get(again[0], params=again[1]).status_code in (303, 403)
    assert anew().http.get(again[0], params=again[1]).status_code == 403


def test_a_removed_person_stays_out(anew: Callable[[], Browser], desk: Office, browser: Browser) -> None:
    assert logs_in(browser).status_code == 303
    desk.sql("update operators set disabled_at = now() where name = 'ana'")
    assert logs_in(anew()).status_code == 401


def test_nobody_is_sent_elsewhere_afterwards(browser: Browser) -> None:
    path, query = returned(sent(browser, "https://evil.example/"))
    assert browser.http.get(path, params=query).headers["location"] == "/ops"


def test_an_email_may_come_from_userinfo_but_only_of_the_same_person(
    anew: Callable[[], Browser], provider: IdentityDouble, browser: Browser, desk: Office
) -> None:
    told = provider.person
    provider.changes, provider.userinfo = {"email": None, "email_verified": None}, told
    assert logs_in(browser).status_code == 303
    provider.userinfo = told | {"sub": "another"}
    assert logs_in(anew()).status_code == 401


def test_a_provider_that_is_away_says_so_and_passwords_go_on(
    anew: Callable[[], Browser], provider: IdentityDouble
) -> None:
    browser = anew()
    path, query = returned(sent(browser))
    provider._codes.clear()
    provider.then(DROPS)
    answered = browser.http.get(path, params=query)
    assert answered.status_code == 503 and "não responde" in seen(answered)
    assert browser.logs_in("rui").status_code == 303


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"OIDC_ISSUER": "https://id.example"}, "OIDC_CLIENT_ID"),
        ({"OIDC_CLIENT_ID": "x"}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "http://id.example", "OIDC_CLIENT_ID": "x", "OPS_URL": OPS}, "OIDC_ISSUER has to be https"),
        ({"OIDC_ISSUER": "https://id.example", "OIDC_CLIENT_ID": "x"}, "needs OPS_URL"),
    ],
)
def test_a_half_configured_provider_is_refused_at_the_start(
    given: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OPS_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Fix, match=says):
        settings.read(settings.Identity)
