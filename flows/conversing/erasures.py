"""The list of who was erased, kept where bills lie and so outside the database: a dump of before an erasure, once restored, must
not bring the person back. It holds SHA-256 hashes of ids, a line each, and nothing that says who somebody is."""

from __future__ import annotations

import re

from flows.adapters.files import Files
from flows.adapters.store.leads import LeadStore

LIST = "erased/list.txt"


async def keep_list(store: LeadStore, files: Files) -> int:
    """Adds to the list whom the store knows to be erased; returns how many it has. What is on it already stays, since a store
    that was just restored knows less. Raises TryAgain, Fix."""
    listed = await _read(files)
    known = {**dict.fromkeys(listed), **dict.fromkeys(await store.company.listed_erasures())}
    if len(known) > len(listed):
        await files.put(LIST, "".join(f"{each}\n" for each in known).encode(), "text/plain")
    return len(known)


async def apply_list(store: LeadStore, files: Files) -> int:
    """Erases whoever is on the list and stands in the store again; returns how many. Raises TryAgain, Fix."""
    return await store.company.erase_listed(await _read(files))


async def _read(files: Files) -> list[str]:
    content = await files.get(LIST) or b""
    return re.findall(r"^[0-9a-f]{64}$", content.decode("ascii", "replace"), re.M)
