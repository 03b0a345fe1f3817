"""Which lead store, place for bills and identity provider the settings mean, for every process that needs one and nothing else."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows import settings
from flows.adapters.files import DirectoryFiles, Files
from flows.adapters.store import database
from flows.adapters.store.leads import LeadStore

if TYPE_CHECKING:
    from flows.adapters.identity import IdentityProvider

# Connections of one process, at most. Webhook, one worker and what it listens on fit into the fifteen that a session pooler
# of Supabase gives a small project, and leave room for a migration, the doctor, and a process that is being replaced.
WEBHOOK_CONNECTIONS, WORKER_CONNECTIONS = 4, 6
# Seconds. A conversation under way can wait for its store; whoever posts to the webhook comes again by themselves.
WEBHOOK_PATIENCE, WORKER_PATIENCE = 2.0, 20.0


def open_store(group: settings.Store, *, patience: float = 0.0, **options: Any) -> LeadStore:
    """The configured lead store, not yet opened. Without a configured one: the embedded Postgres. `patience`: for how many
    seconds a call is repeated that fails in passing; the other options are a Postgres's."""
    if group.supabase_url and group.supabase_key:
        return LeadStore.supabase(group.supabase_url, group.supabase_key.get_secret_value(), patience=patience)
    if group.database_url:
        return LeadStore.postgres(group.database_url.get_secret_value(), patience=patience, **options)
    url = database.start_embedded(group.local_data_dir / "postgres")
    return LeadStore.postgres(url, patience=patience, **options)


def open_identity(group: settings.Identity) -> IdentityProvider | None:
    """Where operators may log in besides; None without one. Nothing is asked of it before the first login."""
    if group.oidc_issuer is None or group.oidc_client_id is None:
        return None
    from flows.adapters.identity import IdentityProvider

    secret = group.oidc_client_secret
    known = None if secret is None else secret.get_secret_value()
    return IdentityProvider(group.oidc_issuer, group.oidc_client_id, known, group.oidc_claim)


def open_files(group: settings.Store) -> Files:
    """Where bills lie; nothing is connected before the first use, and `aclose` ends it. A directory when one is named or
    no Supabase is; else the private bucket, because containers of several machines share no directory."""
    if group.supabase_url and group.supabase_key and group.bills_dir is None:
        from flows.adapters.bucket import BucketFiles

        return BucketFiles(group.supabase_url, group.supabase_key.get_secret_value(), group.supabase_bills_bucket)
    return DirectoryFiles(group.bills_dir or group.local_data_dir / "bills")


def throw_away() -> settings.Store:
    """A lead store of this process's own, whatever is configured: an embedded one in a new directory, which is deleted
    when the process ends."""
    directory = Path(tempfile.mkdtemp(prefix="serena-desk-"))
    # What is registered first is called last: by then the servers that live in the directory, which end with the process
    # in the same way, have stopped.
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return settings.read(
        settings.Store,
        database_url=None,
        supabase_url=None,
        supabase_key=None,
        local_data_dir=directory,
        bills_dir=None,
    )


async def prepare_store(group: settings.Store) -> None:
    """Creates and migrates the embedded database; a configured one is migrated at deployment, not here."""
    if group.database_url is None and group.supabase_url is None:
        url = database.start_embedded(group.local_data_dir / "postgres")
        await database.ensure_database(url)
        await database.migrate(url)
