"""An identity provider over HTTP (OpenID Connect): discovery, keys, the page that asks nobody anything, tokens, userinfo. It signs
with a key made on the fly, and holds a client to code, secret, address and PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from tests.http_double import Answer, HttpDouble, Request, answer

CLIENT, SECRET = "serena-ops", "the-secret-of-serena"


class IdentityDouble(HttpDouble):
    """Whoever comes is `person`; `changes` go into the ID token over what is right, None takes a claim out."""

    def __init__(self) -> None:
        super().__init__()
        self.key: RSAKey | ECKey = RSAKey.generate_key(2048, parameters={"kid": uuid4().hex})
        self.published = [self.key]
        self.person: dict[str, Any] = {"sub": "248289761001", "email": "ana@serena.example", "email_verified": True}
        self.changes: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.issuer: str | None = None
        self._codes: dict[str, dict[str, str]] = {}

    def usual(self, request: Request) -> Answer:
        match request.path:
            case "/.well-known/openid-configuration":
                return answer(
                    {
                        "issuer": self.issuer or self.url,
                        "authorization_endpoint": f"{self.url}/authorize",
                        "token_endpoint": f"{self.url}/token",
                        "jwks_uri": f"{self.url}/jwks",
                        "userinfo_endpoint": f"{self.url}/userinfo",
                    }
                )
            case "/jwks":
                return answer(KeySet(list(self.published)).as_dict(private=False))
            case "/authorize":
                return self._authorize(request.query)
            case "/token":
                return self._token(request)
            case "/userinfo":
                return answer(self.userinfo)
        return Answer(404)

    def _authorize(self, query: dict[str, str]) -> Answer:
        asked = (query["client_id"], query["response_type"], query["code_challenge_method"])
        if asked != (CLIENT, "code", "S256") or "openid" not in query["scope"].split():
            return Answer(400)
        code = uuid4().hex
        self._codes[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        return Answer(302, b"", {"location": f"{query['redirect_uri']}?{back}"})

    def _token(self, request: Request) -> Answer:
        fields = dict(parse_qsl(request.body.decode()))
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {known}":
            return answer({"error": "invalid_client"}, 401)
        query = self._codes.pop(fields.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(fields.get("code_verifier", "").encode()).digest())
        if query is None or (query["code_challenge"], query["redirect_uri"]) != (
            challenge.decode().rstrip("="),
            fields.get("redirect_uri"),
        ):
            return answer({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": query["nonce"], **self.person}
        claims = {name: value for name, value in (claims | self.changes).items() if value is not None}
        if self.algorithm == "none":
            parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
            unsigned = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
            return answer({"access_token": "x", "token_type": "Bearer", "id_token": f"{unsigned}."})
        token = jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, self.key, algorithms=[self.algorithm])
        return answer({"access_token": uuid4().hex, "token_type": "Bearer", "expires_in": 300, "id_token": token})
