"""The certificates that our HTTP clients trust, read once: reading them takes longer than a request."""

from __future__ import annotations

from functools import cache
from ssl import SSLContext

import httpx


@cache
def trusted(*, http2: bool = False) -> SSLContext:
    """Certifi's certificates, or those that SSL_CERT_FILE and SSL_CERT_DIR name; one context for every client.

    Clients with HTTP/2 share another, because each connection writes its protocols into the context before it opens.
    """
    return httpx.create_ssl_context()
