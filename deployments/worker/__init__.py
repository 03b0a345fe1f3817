"""The worker: flow runs of the work pool, each an asyncio task in one process."""

from __future__ import annotations

from deployments.worker.in_process import InProcessWorker

__all__ = ["InProcessWorker"]
