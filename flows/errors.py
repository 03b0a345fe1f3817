"""Errors, named for what the caller does next: fix something, try again, wait to learn, or give up."""


class SerenaError(Exception):
    """Base of all errors of ours. Messages hold ids and codes, never personal data."""


class Fix(SerenaError):
    """Nothing will change until a person mends the configuration, a template, or our code."""


class TryAgain(SerenaError):
    """The other side refused or was away; the same call may succeed after `after_seconds`."""

    def __init__(self, message: str, *, after_seconds: float = 1.0, code: int | None = None) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds
        self.code = code


class OutcomeUnknown(SerenaError):
    """The request may have been carried out; only the other side's later word tells. Do not repeat it now."""


class GiveUp(SerenaError):
    """This call for this person will not succeed. `code` is the vendor's."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class Unreachable(GiveUp):
    """The person cannot be reached on WhatsApp with this address (131026, 131030, …)."""


class OptedOut(GiveUp):
    """The person stopped messages from us (131050, or our own record)."""


class WindowClosed(GiveUp):
    """More than 24 hours since the person last wrote: only an approved template may go out (131047)."""


class NotNow(GiveUp):
    """The rule for what we start ourselves says no (`may_start` in the store), for this reason of its."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class PutOff(TryAgain):
    """The same rule says wait: the message stays queued, and the dispatcher brings it again."""


class Superseded(SerenaError):
    """Another flow run holds this conversation now; this one must stop without acting."""
