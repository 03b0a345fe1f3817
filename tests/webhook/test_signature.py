"""A request is Meta's only if its raw bytes were signed with our app secret."""

import hashlib
import hmac

import pytest

from webhook.signature import SignatureVerdict, sign, verification, verify

BODY = '{"text": "você", "escaped": "voc\\u00ea"}'.encode()


def test_a_signed_body_is_genuine() -> None:
    header = "sha256=" + hmac.new(b"secret", BODY, hashlib.sha256).hexdigest()
    assert sign(BODY, "secret") == header
    assert verify(BODY, header, ["secret"]) is SignatureVerdict.GENUINE


@pytest.mark.parametrize("secrets", [["new", "old"], ["old", "new"], ("old",)])
def test_the_secret_before_a_rotation_is_still_good(secrets: list[str]) -> None:
    assert verify(BODY, sign(BODY, "old"), secrets) is SignatureVerdict.GENUINE


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (BODY, sign(BODY, "another secret")),
        (BODY + b" ", sign(BODY, "secret")),
        ('{"text": "você", "escaped": "você"}'.encode(), sign(BODY, "secret")),
        (BODY, "sha256=" + "0" * 64),
    ],
    ids=["another secret", "one byte more", "the same JSON written again", "zeros"],
)
def test_another_digest_is_forged(body: bytes, header: str) -> None:
    assert verify(body, header, ["secret"]) is SignatureVerdict.FORGED


GOOD = sign(BODY, "secret")


@pytest.mark.parametrize(
    "header",
    [None, "", "sha256=", GOOD[7:], GOOD[:-1], GOOD + "0", GOOD + "\n", " " + GOOD, GOOD.upper(), "sha1=" + "0" * 40]
    + ["sha256=" + "g" * 64, "sha256=" + "é" * 64, "sha256=" + "٣" * 64],
)
def test_a_header_that_is_absent_or_malformed_is_missing(header: str | None) -> None:
    assert verify(BODY, header, ["secret"]) is SignatureVerdict.MISSING


@pytest.mark.parametrize("secrets", [[], [""], ["secret", ""]])
def test_without_a_secret_nothing_is_verified(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="app secret"):
        verify(BODY, sign(BODY, ""), secrets)


def test_a_bare_string_is_not_a_list_of_secrets() -> None:
    with pytest.raises(TypeError):
        verify(BODY, sign(BODY, "s"), "secret")


def test_an_empty_body_can_be_signed() -> None:
    assert verify(b"", sign(b"", "secret"), ["secret"]) is SignatureVerdict.GENUINE


def test_the_challenge_is_returned_for_the_right_token() -> None:
    assert verification("subscribe", "token", "1158201444", "token") == "1158201444"


@pytest.mark.parametrize(
    ("mode", "token", "challenge", "expected"),
    [
        ("subscribe", "wrong", "1", "token"),
        ("unsubscribe", "token", "1", "token"),
        (None, "token", "1", "token"),
        ("subscribe", None, "1", "token"),
        ("subscribe", "token", None, "token"),
        ("subscribe", "token", "", "token"),
        ("subscribe", "", "1", ""),
        ("subscribe", None, "1", ""),
        ("subscribe", "tökén", "1", "token"),
        ("subscribe", "\udc80", "1", "token"),
    ],
)
def test_any_other_handshake_gets_no_challenge(
    mode: str | None, token: str | None, challenge: str | None, expected: str
) -> None:
    assert verification(mode, token, challenge, expected) is None
