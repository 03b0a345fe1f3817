"""A Supabase of our own: `POST /rest/v1/rpc/{fn}` as PostgREST answers it, over a real Postgres database, and Storage.

Roles, argument matching and error bodies follow docs.postgrest.org (functions as RPC; errors). The wrong-key answer is
that of Supabase's gateway, which stands before PostgREST and has no `code` in it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import asyncpg
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from tests.http_double import serve
from tests.storage_double import ANON_KEY, SERVICE_KEY, Storage

_ROLES = {SERVICE_KEY: "service_role", ANON_KEY: "anon"}

# Supabase's own roles, on a server that all databases of a test session share.
_CREATE_ROLES = """
do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'anon') then create role anon nologin; end if;
  if not exists (select 1 from pg_roles where rolname = 'authenticated') then create role authenticated nologin; end if;
  if not exists (select 1 from pg_roles where rolname = 'service_role') then
    create role service_role nologin bypassrls;
  end if;
end $$
"""

_USAGE = "grant usage on schema public to anon, authenticated, service_role"

# What Supabase granted before any migration until 2026: to everyone.
_DEFAULT_PRIVILEGES = """
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
"""

_SIGNATURE = """
select array_agg(a.name order by a.n), array_agg(format_type(a.type, null) order by a.n)
  from pg_proc p left join lateral unnest(p.proargnames, p.proargtypes::oid[]) with ordinality a(name, type, n) on true
 where p.pronamespace = 'public'::regnamespace and p.proname = $1
 group by p.oid
"""


async def like_a_new_project(url: str, *, exposed: bool = True) -> None:
    """Gives an empty database the roles and default privileges of a Supabase project; migrate it after this. Without
    `exposed` as since 30 May 2026, when new tables and functions are granted to nobody (Supabase's changelog 45329)."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_CREATE_ROLES)
        await connection.execute(_USAGE)
        if exposed:
            await connection.execute(_DEFAULT_PRIVILEGES)
    finally:
        await connection.close()


@contextmanager
def supabase_over(database_url: str, storage: Storage | None = None) -> Iterator[str]:
    """Runs the double in a thread; gives what SUPABASE_URL would be. The server must have the roles. Without a `storage`
    there is a private bucket `bills`."""
    stored = storage or Storage()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.statements, app.state.pools = {}, {}
            for role in _ROLES.values():
                pool = asyncpg.create_pool(database_url, min_size=0, max_size=10, server_settings={"role": role})
                app.state.pools[role] = await stack.enter_async_context(pool)
            yield

    app = FastAPI(lifespan=lifespan)
    app.add_api_route("/rest/v1/rpc/{function}", _rpc, methods=["POST"])
    app.add_api_route("/storage/v1/{rest:path}", partial(_storage, stored), methods=["GET", "POST", "PUT", "DELETE"])
    with serve(app) as url:
        yield url


async def _storage(storage: Storage, request: Request) -> Response:
    found = storage.answer(request.method, request.url.path, dict(request.headers), await request.body())
    return Response(found.body, found.status, found.headers)


async def _rpc(function: str, request: Request) -> Response:
    role = _ROLES.get(request.headers.get("apikey", ""))
    if role is None or request.headers.get("authorization") != f"Bearer {request.headers['apikey']}":
        hint = "Double check your Supabase `anon` or `service_role` API key."
        return JSONResponse({"message": "Invalid API key", "hint": hint}, status_code=401)
    body = await request.body()
    async with request.app.state.pools[role].acquire() as connection:
        # PostgREST keeps such a cache too
        key = function, frozenset(json.loads(body or "{}"))
        statements: dict[Any, str | None] = request.app.state.statements
        if statements.get(key) is None:
            statements[key] = await _statement(connection, *key)
        if (statement := statements[key]) is None:
            return _error(404, "PGRST202", f"Could not find the function public.{function} in the schema cache")
        try:
            answer = await connection.fetchval(statement, body.decode())
        except asyncpg.PostgresError as exc:
            status = 401 if exc.sqlstate == "42501" and role == "anon" else _http_status(exc.sqlstate)
            return _error(status, exc.sqlstate, exc.args[0])
    return Response("null" if answer is None else answer, media_type="application/json")


async def _statement(connection: asyncpg.Connection, function: str, given: frozenset[str]) -> str | None:
    """The call of the one function with exactly these argument names, its arguments read from the body as PostgREST
    does: by `json_to_record`, so that JSON's null is SQL's."""
    for names, types in await connection.fetch(_SIGNATURE, function):
        if given != {name for name in names if name}:
            continue
        if not given:
            return f"select public.{function}()::text where $1::text is not null"
        passed = ", ".join(f'"{name}" => body."{name}"' for name in names)
        columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(names, types, strict=True))
        return f"select public.{function}({passed})::text from json_to_record($1::text::json) as body({columns})"
    return None


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "details": None, "hint": None, "message": message}, status_code=status)


def _http_status(sqlstate: str) -> int:
    exact = {"42501": 403, "42883": 404, "42P01": 404, "23503": 409, "23505": 409, "25006": 405}
    by_class = {"08": 503, "40": 500, "53": 503, "54": 413, "55": 500, "57": 500, "58": 500, "XX": 500}
    return exact.get(sqlstate) or by_class.get(sqlstate[:2], 400)
