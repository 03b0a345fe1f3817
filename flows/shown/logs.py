"""Log lines as JSON, one object a line, when LOG_FORMAT asks for it; and nothing in them that an exception held.

What an exception says may be what a person wrote (`ValueError: invalid literal …`), so a line carries its type and its
frames, never its text. Only errors of ours speak: they hold ids and codes (flows/errors.py).
"""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from typing import Any

from flows.errors import SerenaError
from flows.settings import Watching

# Our loggers speak from INFO on; everybody else from the level that their owner or the root chose.
_OURS = ("serena", "flows", "webhook", "deployments", "stdout", "stderr")
_MOST_FRAMES = 30
_MOST_LINKED = 5
# A shorter text tells nothing about anybody, and taking it out of a message would take half its digits along.
_SHORTEST_TELLING = 4
# What Prefect and asyncio write into a message before logging sees it: after these words comes an exception's text.
_TELLS = {
    "prefect": re.compile(
        r"(Finished in state \w+|Crash detected!|encountered an exception|failed with exception).*", re.S
    ),
    "asyncio": re.compile(r"([^\n]*)\n.*", re.S),
}
# Handlers that ours replaced. Prefect finds its own by name when it adjusts levels later, so they must stay alive.
_replaced: list[logging.Handler] = []


class JsonLines(logging.Formatter):
    """One record as one line: time (UTC), level, logger, message; flow_run_id and task_run_id when known; error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            **_run_ids(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _described(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def set_up(group: Watching, *, output: bool = True) -> bool:
    """Makes this process write JSON lines to its standard error if the settings say so; returns whether they do.

    What is merely printed becomes lines too, Prefect's own printing included. `output`: also what goes to standard
    output; a command whose result people or scripts read from there leaves it False. May be called again, after a
    library has set up logging of its own.
    """
    if group.log_format != "json":
        return False
    if "prefect" in sys.modules:
        # What it would do at a later import, done now, so that its handlers are there to be replaced.
        from prefect.logging.configuration import ensure_logging_setup

        ensure_logging_setup()
    root = logging.getLogger()
    known = [each for each in root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    for logger in (root, *known):
        for handler in [each for each in logger.handlers if _on_console(each)]:
            logger.removeHandler(handler)
            logger.addHandler(_instead_of(handler))
            _replaced.append(handler)
    if not root.handlers:
        root.addHandler(_instead_of(logging.StreamHandler()))
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    # Else a handler in trouble prints the record's arguments and a traceback with values.
    logging.raiseExceptions = False
    sys.excepthook = _uncaught
    threading.excepthook = lambda hook: _uncaught(hook.exc_type, hook.exc_value, hook.exc_traceback)
    sys.unraisablehook = lambda hook: _uncaught(hook.exc_type, hook.exc_value, hook.exc_traceback)
    for name, level in (("stdout", logging.INFO), ("stderr", logging.WARNING)):
        if (output or name == "stderr") and not isinstance(getattr(sys, name), _Printed):
            setattr(sys, name, _Printed(logging.getLogger(name), level))
    return True


class _Printed(io.TextIOBase):
    """A standard stream whose lines become log lines."""

    def __init__(self, logger: logging.Logger, level: int) -> None:
        self._logger, self._level, self._rest, self._lock = logger, level, "", threading.Lock()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._lock:
            *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line.strip():
                self._logger.log(self._level, "%s", line)
        return len(text)


def _on_console(handler: logging.Handler) -> bool:
    """True for a handler of whatever class that writes to our standard streams, and is not ours yet."""
    if not isinstance(handler, logging.StreamHandler) or isinstance(handler.formatter, JsonLines):
        return False
    return handler.stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)


def _instead_of(handler: logging.Handler) -> logging.Handler:
    ours: logging.StreamHandler[Any] = logging.StreamHandler(sys.__stderr__)
    ours.setFormatter(JsonLines())
    ours.setLevel(handler.level)
    for each in handler.filters:
        ours.addFilter(each)
    return ours


def _message(record: logging.LogRecord) -> str:
    arguments = record.args
    if isinstance(arguments, tuple):
        arguments = tuple(_spoken(each) for each in arguments)
    try:
        message = str(record.msg) if not isinstance(record.msg, BaseException) else str(_spoken(record.msg))
        if arguments:
            message = message % arguments
    except Exception:
        # Formatting runs foreign __str__ and may meet anything; the bare text still says which line of code spoke.
        message = f"{record.msg if isinstance(record.msg, str) else type(record.msg).__name__} (not formatted)"
    tells = _TELLS.get(record.name.partition(".")[0])
    if tells:
        message = tells.sub(r"\1", message)
    return _without_texts(message, record.exc_info[1] if record.exc_info else sys.exc_info()[1])


def _without_texts(message: str, exc: BaseException | None) -> str:
    """The message without what the exception at hand, or one that it followed, says: whoever writes it into a message
    does so where it was caught."""
    for _ in range(_MOST_LINKED):
        if exc is None:
            break
        if not isinstance(exc, SerenaError) and len(text := str(exc)) >= _SHORTEST_TELLING:
            message = message.replace(repr(exc), _name(exc)).replace(text, _name(exc))
        exc = exc.__cause__ or exc.__context__
    return message


class _Named:
    """An exception's name where its text would be."""

    def __init__(self, exc: BaseException) -> None:
        self._name = _name(exc)

    def __repr__(self) -> str:
        return self._name


def _spoken(argument: object) -> object:
    return (
        _Named(argument) if isinstance(argument, BaseException) and not isinstance(argument, SerenaError) else argument
    )


def _run_ids(record: logging.LogRecord) -> dict[str, str]:
    """Of the record, where Prefect's run loggers put them, or of the run in whose context the line was written."""
    flow_run, task_run = getattr(record, "flow_run_id", None), getattr(record, "task_run_id", None)
    if flow_run is None and "prefect.context" in sys.modules:
        from prefect.context import FlowRunContext

        context = FlowRunContext.get()
        flow_run = context.flow_run.id if context is not None and context.flow_run is not None else None
    found = {"flow_run_id": flow_run, "task_run_id": task_run}
    return {name: str(value) for name, value in found.items() if value}


def _described(exc: BaseException, depth: int = 0) -> dict[str, Any]:
    frames = traceback.extract_tb(exc.__traceback__, limit=-_MOST_FRAMES)
    described: dict[str, Any] = {
        "type": _name(exc),
        "frames": [f"{'/'.join(PurePath(f.filename).parts[-4:])}:{f.lineno} {f.name}" for f in frames],
    }
    if isinstance(exc, BaseExceptionGroup):
        described["of"] = [_described(each, depth + 1) for each in exc.exceptions[:5]] if depth < 3 else []
    before = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)
    if before is not None and depth < 3:
        described["after"] = _described(before, depth + 1)
    return described


def _name(exc: BaseException) -> str:
    kind = type(exc)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _uncaught(kind: type[BaseException], exc: BaseException | None, where: TracebackType | None) -> None:
    known = None if exc is None else (kind, exc, where)
    logging.getLogger("serena").critical("uncaught %s", kind.__name__, exc_info=known)
