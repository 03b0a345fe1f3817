"""An identity provider by OpenID Connect: where a person is sent to log in, and who they are by its signed word."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import Field, ValidationError

from flows.adapters.trust import trusted
from flows.domain import Record
from flows.errors import Fix, GiveUp, TryAgain

# Signed with a key of the provider's: never by a secret that we share with it, let alone not at all.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# Seconds. Two machines' clocks differ; what the provider says of itself changes rarely, and keys at most this often are asked anew.
_CLOCKS_APART, _KNOWN, _KEYS_AGAIN = 60, 3600.0, 60.0


class Provider(Record):
    """What a provider says of itself (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = Field(("client_secret_basic",))


@dataclass(frozen=True)
class Asked:
    """One login under way, which only the browser that began it knows: what has to come back, and what proves it."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Asked:
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))


class IdentityProvider:
    """The authorization code flow with PKCE. Raises TryAgain while the provider does not answer, Fix when it is not what is
    configured, GiveUp for a login that counts for nothing; texts hold no word of it."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str | None, claim: str, *, time_limit: float = 10.0
    ) -> None:
        """`claim` names the person: of an `email` only a verified one counts."""
        self._issuer, self._client_id, self._secret, self._claim = issuer, client_id, client_secret, claim
        self._limit = time_limit
        self._provider: tuple[float, Provider] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def look(self) -> None:
        """The provider is there, is what is configured, and has keys."""
        await self._signing(await self._discovered(), anew=True)

    async def way(self, asked: Asked, back: str) -> str:
        """The address to which a browser is sent; the provider sends it `back`."""
        provider = await self._discovered()
        async with self._client(provider, back) as client:
            url, _ = client.create_authorization_url(
                provider.authorization_endpoint, state=asked.state, nonce=asked.nonce, code_verifier=asked.verifier
            )
        return str(url)

    async def identified(self, asked: Asked, code: str, back: str) -> str:
        """Who logged in, as the provider names them in the claim. `code` came back, and `asked.state` was compared already."""
        provider = await self._discovered()
        try:
            async with asyncio.timeout(self._limit), self._client(provider, back) as client:
                token = await client.fetch_token(
                    provider.token_endpoint, code=code, code_verifier=asked.verifier, grant_type="authorization_code"
                )
                claims = await self._proved(provider, token.get("id_token"), asked)
                if self._claim not in claims and provider.userinfo_endpoint:
                    told = _checked(await client.get(provider.userinfo_endpoint)).json()
                    # as the standard has it: of anybody else it must not be used
                    claims = claims | (told if told.get("sub") == claims["sub"] else {})
        except (httpx2.TransportError, TimeoutError) as exc:
            raise TryAgain(f"the identity provider does not answer ({type(exc).__name__})") from None
        except (AuthlibBaseError, JoseError, httpx2.HTTPStatusError, ValueError, AttributeError) as exc:
            raise GiveUp(f"the identity provider's word does not hold ({type(exc).__name__})") from None
        name = claims.get(self._claim)
        if not isinstance(name, str) or not name:
            raise GiveUp("the identity provider names nobody: OIDC_CLAIM is not in its word")
        if self._claim == "email" and claims.get("email_verified") not in (True, "true"):
            raise GiveUp("the identity provider has not verified the e-mail")
        return name

    async def _proved(self, provider: Provider, id_token: Any, asked: Asked) -> dict[str, Any]:
        """The claims of an ID token, checked as OpenID Connect Core has it. Raises JoseError, ValueError."""
        wanted: dict[str, Any] = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": self._client_id},
            "nonce": {"essential": True, "value": asked.nonce},
            "azp": {"value": self._client_id},
            **{name: {"essential": True} for name in ("sub", "exp", "iat")},
        }
        try:
            token = jwt.decode(str(id_token), await self._signing(provider), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            # its keys may have changed since; another key is asked for once in a while only
            token = jwt.decode(str(id_token), await self._signing(provider, anew=True), algorithms=_ALGORITHMS)
        jwt.JWTClaimsRegistry(leeway=_CLOCKS_APART, **wanted).validate(token.claims)
        audience = token.claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and "azp" not in token.claims:
            raise ValueError("several audiences, and nobody says whose it is")
        return dict(token.claims)

    def _client(self, provider: Provider, back: str) -> AsyncOAuth2Client:
        posts = "client_secret_basic" not in provider.token_endpoint_auth_methods_supported
        method = "none" if self._secret is None else "client_secret_post" if posts else "client_secret_basic"
        return AsyncOAuth2Client(
            self._client_id,
            self._secret,
            token_endpoint_auth_method=method,
            scope="openid email profile",
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=self._limit,
            follow_redirects=False,
            verify=trusted(),
        )

    async def _discovered(self) -> Provider:
        if self._provider is None or time.monotonic() - self._provider[0] > _KNOWN:
            said = await self._read(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            try:
                found = Provider.model_validate(said)
            except ValidationError:
                raise Fix("OIDC_ISSUER: what is there is no OpenID provider") from None
            if found.issuer.rstrip("/") != self._issuer.rstrip("/"):
                raise Fix("OIDC_ISSUER: the provider there names itself otherwise")
            self._provider = time.monotonic(), found
        return self._provider[1]

    async def _signing(self, provider: Provider, *, anew: bool = False) -> KeySet:
        old = _KEYS_AGAIN if anew else _KNOWN
        if self._keys is None or time.monotonic() - self._keys[0] > old:
            self._keys = time.monotonic(), KeySet.import_key_set(await self._read(provider.jwks_uri))
        return self._keys[1]

    async def _read(self, url: str) -> Any:
        try:
            async with httpx2.AsyncClient(timeout=self._limit, verify=trusted()) as client:
                return _checked(await client.get(url)).json()
        except (httpx2.HTTPError, ValueError) as exc:
            raise TryAgain(f"the identity provider does not answer ({type(exc).__name__})") from None


def _checked(answer: httpx2.Response) -> httpx2.Response:
    return answer.raise_for_status()
