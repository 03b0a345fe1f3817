"""A form with files as browsers send it (RFC 7578), cut along its boundary: no byte of a file is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from email import message_from_string, policy
from email.message import Message


@dataclass(frozen=True)
class Part:
    """One field: its bytes, and the file's name where it is one."""

    content: bytes = field(repr=False)
    filename: str | None = field(default=None, repr=False)


def parts(body: bytes, content_type: str) -> dict[str, Part]:
    """The fields by name; of several with one name the first. Raises ValueError for anything but such a form."""
    about = Message()
    about["content-type"] = content_type
    boundary = about.get_boundary()
    if about.get_content_type() != "multipart/form-data" or not boundary:
        raise ValueError("not a form with files")
    found: dict[str, Part] = {}
    _, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1"))
    for piece in pieces:
        if piece.startswith(b"--"):
            return found
        head, blank, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not blank:
            break
        headers = message_from_string(head.decode("utf-8", "replace"), policy=policy.HTTP)
        said = headers.get("content-disposition")
        if said is not None and (name := said.params.get("name")):
            found.setdefault(str(name), Part(content, said.params.get("filename")))
    raise ValueError("the form ends before its last boundary")
