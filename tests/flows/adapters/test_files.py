"""Bills in a directory and in Supabase Storage: the same promises, and what each does when it is refused."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from flows import settings
from flows.adapters.bucket import BucketFiles
from flows.adapters.files import DirectoryFiles, Files, path_of
from flows.conversing.stores import open_files
from flows.errors import Fix, TryAgain
from tests.http_double import DROPS, HANGS, Answer, answer
from tests.storage_double import ANON_KEY, SERVICE_KEY, Bucket, StorageDouble, refusal

LEAD = "0d3f3a3e-6a7e-4a51-9e0b-0b8f5f3f3a3e"
PDF = bytes(range(256)) * 40
PATH = path_of(LEAD, "ab" * 32, "application/pdf")
AWAY = answer({"message": "upstream away"}, 503)
Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def run(runner: asyncio.Runner) -> Run:
    return runner.run


@pytest.fixture
def storage() -> Iterator[StorageDouble]:
    with StorageDouble() as double:
        yield double


@pytest.fixture
def bucket(storage: StorageDouble, run: Run) -> Iterator[BucketFiles]:
    files = BucketFiles(storage.url, SERVICE_KEY, "bills")
    yield files
    run(files.aclose())


@pytest.fixture(params=["directory", "bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    if request.param == "directory":
        return DirectoryFiles(tmp_path / "bills")
    found: Files = request.getfixturevalue("bucket")
    return found


def test_a_bill_that_was_kept_is_given_back_as_it_was(files: Files, run: Run) -> None:
    run(files.put(PATH, PDF, "application/pdf"))
    assert run(files.get(PATH)) == PDF


def test_the_same_bill_again_is_harmless(files: Files, run: Run) -> None:
    run(files.put(PATH, b"half", "application/pdf"))
    run(files.put(PATH, PDF, "application/pdf"))
    assert run(files.get(PATH)) == PDF


def test_a_bill_that_is_not_there_is_none_and_removing_it_is_no_error(files: Files, run: Run) -> None:
    run(files.check())
    run(files.remove([PATH]))
    assert run(files.get(PATH)) is None


def names_below(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def test_a_disk_that_is_full_keeps_no_part_of_a_bill(tmp_path: Path, run: Run) -> None:
    files, root = DirectoryFiles(tmp_path / "bills"), tmp_path / "bills"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(Fix, match="errno"):
            run(files.put(PATH, PDF, "application/pdf"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names_below(root) <= {LEAD}


def test_the_last_bill_takes_its_directory_along_and_what_a_killed_writer_left(tmp_path: Path, run: Run) -> None:
    files, root = DirectoryFiles(tmp_path / "bills"), tmp_path / "bills"
    run(files.put(PATH, PDF, "application/pdf"))
    (root / PATH).with_suffix(".4711.part").write_bytes(b"half")
    run(files.remove([PATH]))
    assert root.exists() and names_below(root) == set()
    run(files.put(PATH, PDF, "application/pdf"))
    assert run(files.get(PATH)) == PDF


def test_tidying_takes_away_what_no_row_names_and_nothing_else(tmp_path: Path, run: Run) -> None:
    files, root = DirectoryFiles(tmp_path / "bills"), tmp_path / "bills"
    run(files.put(PATH, PDF, "application/pdf"))
    other = root / "1d3f3a3e-6a7e-4a51-9e0b-0b8f5f3f3a3e"
    other.mkdir()
    (other / "ab.1.part").write_bytes(b"half")
    (root / LEAD / "cd.2.part").write_bytes(b"being written")
    os.utime(other / "ab.1.part", (0, 0))
    run(files.tidy())
    assert names_below(root) == {LEAD, PATH, f"{LEAD}/cd.2.part"}


def test_a_removed_bill_is_gone_and_the_others_stay(files: Files, run: Run) -> None:
    other = path_of(LEAD, "cd" * 32, "image/jpeg")
    run(files.put(PATH, PDF, "application/pdf"))
    run(files.put(other, b"jpeg", "image/jpeg"))
    run(files.remove([PATH]))
    assert (run(files.get(PATH)), run(files.get(other))) == (None, b"jpeg")


@pytest.mark.parametrize("path", ["../outside", "a/../../b", "/etc/passwd", "a//b", "a/%2e%2e/b", "a\\b", ""])
def test_no_path_leads_outside(files: Files, path: str, run: Run) -> None:
    for act in (files.put(path, b"x", "application/pdf"), files.get(path), files.remove([path])):
        with pytest.raises(Fix, match="does not stay below"):
            run(act)


def test_a_file_in_the_directory_is_private_to_this_user(tmp_path: Path, run: Run) -> None:
    run(DirectoryFiles(tmp_path / "bills").put(PATH, PDF, "application/pdf"))
    file = tmp_path / "bills" / PATH
    assert [place.stat().st_mode & 0o077 for place in (file, file.parent, tmp_path / "bills")] == [0, 0, 0]


def test_a_directory_that_refuses_is_for_a_person_and_one_bad_file_keeps_no_other(tmp_path: Path, run: Run) -> None:
    files = DirectoryFiles(tmp_path)
    (tmp_path / LEAD).write_text("a file where a directory should be")
    with pytest.raises(Fix, match="BILLS_DIR"):
        run(files.put(PATH, PDF, "application/pdf"))
    (tmp_path / "a-directory").mkdir()
    (tmp_path / "b.pdf").write_bytes(PDF)
    with pytest.raises(Fix, match="BILLS_DIR"):
        run(files.remove(["a-directory", "b.pdf"]))
    assert not (tmp_path / "b.pdf").exists()


def test_storage_gets_the_type_the_service_key_and_leave_to_replace(
    bucket: BucketFiles, storage: StorageDouble, run: Run
) -> None:
    run(bucket.put(PATH, PDF, "application/pdf"))
    upload = storage.requests[-1]
    assert (upload.method, upload.path) == ("POST", f"/storage/v1/object/bills/{PATH}")
    assert (upload.headers["apikey"], upload.headers["authorization"]) == (SERVICE_KEY, f"Bearer {SERVICE_KEY}")
    assert upload.headers["x-upsert"] == "true"
    assert storage.storage.buckets["bills"].files[PATH] == (PDF, "application/pdf")


def test_the_bucket_is_looked_at_once_not_at_every_bill(bucket: BucketFiles, storage: StorageDouble, run: Run) -> None:
    for _ in range(3):
        run(bucket.put(PATH, PDF, "application/pdf"))
    assert [r.path for r in storage.requests].count("/storage/v1/bucket/bills") == 1


def test_many_bills_are_removed_in_few_calls(bucket: BucketFiles, storage: StorageDouble, run: Run) -> None:
    run(bucket.remove([f"{LEAD}/{number}.pdf" for number in range(501)]))
    assert [len(r.json["prefixes"]) for r in storage.requests] == [500, 1]


@pytest.mark.parametrize(
    ("name", "made", "says"),
    [
        ("missing", Bucket(), "no bucket missing.*Create it"),
        ("bills", Bucket(public=True), "public"),
        ("bills", Bucket(limit=100), "allow 16 MB"),
        ("bills", Bucket(types=("image/png",)), "allow PDF"),
    ],
)
def test_a_bucket_that_is_not_as_it_should_be_is_for_a_person(name: str, made: Bucket, says: str, run: Run) -> None:
    with StorageDouble(bills=made) as storage:
        files = BucketFiles(storage.url, SERVICE_KEY, name)
        with pytest.raises(Fix, match=says) as caught:
            run(files.put(PATH, PDF, "application/pdf"))
        run(files.aclose())
    assert LEAD not in str(caught.value)
    assert not made.files, "above all nothing lies in a public bucket"


def test_a_bucket_created_later_is_found_without_a_restart(run: Run) -> None:
    with StorageDouble(other=Bucket()) as storage:
        files = BucketFiles(storage.url, SERVICE_KEY, "bills")
        with pytest.raises(Fix):
            run(files.put(PATH, PDF, "application/pdf"))
        storage.storage.buckets["bills"] = Bucket()
        run(files.put(PATH, PDF, "application/pdf"))
        run(files.aclose())
        assert PATH in storage.storage.buckets["bills"].files


def test_the_anonymous_key_neither_finds_nor_reads_nor_writes_nor_removes(storage: StorageDouble, run: Run) -> None:
    storage.storage.buckets["bills"].files[PATH] = PDF, "application/pdf"
    files = BucketFiles(storage.url, ANON_KEY, "bills")
    with pytest.raises(Fix, match="service role"):
        run(files.check())
    with pytest.raises(Fix, match="service role"):
        run(files.put(PATH, b"other", "application/pdf"))
    assert run(files.get(PATH)) is None
    run(files.remove([PATH]))
    run(files.aclose())
    assert storage.storage.buckets["bills"].files[PATH] == (PDF, "application/pdf")


def test_a_wrong_key_is_for_a_person(storage: StorageDouble, run: Run) -> None:
    files = BucketFiles(storage.url, "no-key", "bills")
    with pytest.raises(Fix, match=r"403 Unauthorized\); is SUPABASE_KEY"):
        run(files.get(PATH))
    run(files.aclose())
    with pytest.raises(Fix, match="SUPABASE_KEY"):
        BucketFiles(storage.url, "", "bills")


OUTAGES = [
    ("a gateway's 503", AWAY),
    ("a page of a proxy", Answer(502, b"<html>Bad gateway</html>", {"content-type": "text/html"})),
    ("an inner error", refusal(500, "Internal", "InternalError", f"at {PATH}")),
    ("too many calls", answer({"statusCode": "429", "error": "too_many_connections", "message": "slow down"}, 429)),
    ("a database that is full", refusal(544, "DatabaseTimeout", "DatabaseTimeout", "timed out")),
    ("a lock", refusal(423, "ResourceLocked", "ResourceLocked", "locked")),
    ("a closed connection", DROPS),
    ("a success that is not Storage's", Answer(200, b"<html>Welcome</html>", {"content-type": "text/html"})),
]


@pytest.mark.parametrize(("what", "fault"), OUTAGES, ids=[what for what, _ in OUTAGES])
def test_one_hiccup_is_healed_and_an_outage_is_to_be_tried_again(
    what: str, fault: Answer, bucket: BucketFiles, storage: StorageDouble, run: Run
) -> None:
    run(bucket.check())
    storage.then(fault)
    run(bucket.put(PATH, PDF, "application/pdf"))
    storage.then(fault, fault)
    with pytest.raises(TryAgain) as caught:
        run(bucket.put(PATH, PDF, "application/pdf"))
    assert LEAD not in str(caught.value)
    storage.then(fault)
    with pytest.raises(TryAgain):
        run(bucket.remove([PATH]))


def test_a_storage_that_says_nothing_is_waited_for_only_so_long(storage: StorageDouble, run: Run) -> None:
    files = BucketFiles(storage.url, SERVICE_KEY, "bills", time_limit=0.1)
    storage.then(HANGS)
    with pytest.raises(TryAgain, match="Timeout"):
        run(files.get(PATH))
    run(files.aclose())


def test_nobody_there_is_to_be_tried_again(run: Run) -> None:
    files = BucketFiles("http://127.0.0.1:9", SERVICE_KEY, "bills")
    with pytest.raises(TryAgain, match="Connect"):
        run(files.put(PATH, PDF, "application/pdf"))
    run(files.aclose())


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, DirectoryFiles),
        ({"bills_dir": "x"}, DirectoryFiles),
        ({"supabase_url": "http://127.0.0.1:9", "supabase_key": "k"}, BucketFiles),
        ({"supabase_url": "http://127.0.0.1:9", "supabase_key": "k", "bills_dir": "x"}, DirectoryFiles),
    ],
    ids=["nothing", "a directory", "Supabase", "both"],
)
def test_the_settings_say_where_bills_lie(given: dict[str, str], kind: type[Files], run: Run) -> None:
    files = open_files(settings.read(settings.Store, **given))
    assert isinstance(files, kind)
    run(files.aclose())
