"""The running compose stack as something that can be hit: kill -9, replace, and wait until it is back."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Wrong(Exception):
    """The stack is not what the test needs; the text says what to do."""


@dataclass(frozen=True)
class Containers:
    """`compose` is the command (`docker compose` or `docker-compose`); `directory` has the compose file and `.env`."""

    compose: str
    directory: Path

    def ids(self, service: str) -> list[str]:
        """The service's running containers. Raises Wrong when there is none."""
        found = self._compose("ps", "-q", service).split()
        if not found:
            raise Wrong(f"no container of {service} runs; start the stack first (docs/docker.md)")
        return sorted(found)

    def variable(self, service: str, name: str) -> str:
        return _run("docker", "exec", self.ids(service)[0], "printenv", name).strip()

    def kill(self, service: str) -> str:
        """SIGKILL for the first process of one container; its restart policy brings it back. Gives the container's id.

        Not `docker kill`: that counts as an operator's wish, and a container so stopped stays down.
        """
        container = self.ids(service)[0]
        os.kill(int(_inspect(container)["State"]["Pid"]), signal.SIGKILL)
        return container

    def replace(self, service: str) -> None:
        """All containers of the service are made anew, as an upgrade does; returns when the new ones run."""
        count = len(self.ids(service))
        self._compose("up", "-d", "--no-deps", "--force-recreate", "--scale", f"{service}={count}", service)

    def wait_until_back(self, service: str, since: dict[str, str], within: float = 240.0) -> float:
        """Until every container of the service is healthy and at least one started later than `since` says.

        Gives the moment (monotonic). Raises Wrong when that takes longer than `within` seconds.
        """
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            now = self.starts(service)
            if now != since and len(now) >= len(since) and all(_healthy(each) for each in now):
                return time.monotonic()
            time.sleep(0.5)
        raise Wrong(f"{service} did not come back within {within:.0f} s")

    def starts(self, service: str) -> dict[str, str]:
        """When each container of the service started, by its id: what changes with every return."""
        return {each: str(_inspect(each)["State"]["StartedAt"]) for each in self._compose("ps", "-q", service).split()}

    def _compose(self, *arguments: str) -> str:
        return _run(*shlex.split(self.compose), *arguments, cwd=self.directory)


def _healthy(container: str) -> bool:
    """Without a health check: running is all that can be known."""
    state = _inspect(container)["State"]
    return bool(state["Running"]) and state.get("Health", {}).get("Status", "healthy") == "healthy"


def _inspect(container: str) -> dict[str, Any]:
    return dict(json.loads(_run("docker", "inspect", container))[0])


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Wrong(f"{' '.join(command)}: {done.stderr.strip()[-500:]}")
    return done.stdout
