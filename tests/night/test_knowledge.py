"""What is known when: a replay with later knowledge lies apart, and the same lake on S3 holds the same bytes."""

from __future__ import annotations

import hashlib
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from demo.object_store import LAKE_BUCKET
from jobs.run import main
from schemas.table import LAYERS
from tests.alliance import Alliance, published

LOST_ON_S3 = (
    "captured/shop_users",
    "captured/bank_accounts",
    "cleaned/purchases",
    "cleaned/accounts",
    "customers/identities",
    "edges/transfers",
    "features/repayment",
    "features/purchase_value",
    "profiles/customer_profiles",
    "scores/customer_scores",
    "segments/customer_segments",
    "shared/partner_offers",
)
"""Of a night that is there but for these; the others are found to be equal builds, also on S3."""


def test_t2_a_replay_with_later_knowledge_lies_apart_and_the_night_stays_as_it_was_known(closed: Alliance) -> None:
    lake = closed.copy_lake("forward", "replayed")
    night, later = closed.days[1], closed.days[-1]
    before = published(lake)

    closed.succeed("replayed", "features/browsing", "--business-date", str(night), "--known-by", str(later))

    assert published(lake) == before
    replay = lake / "_replays" / f"known_by={later}" / "features" / "browsing" / f"business_date={night}"
    known_later = json.loads((replay / "_manifest.json").read_text(encoding="utf-8"))
    known_then = manifest_of(lake, "features/browsing", str(night))
    assert (known_later["as_of"], known_later["known_by"]) == (str(night), str(later))
    assert known_then["as_of"] == known_then["known_by"] == str(night)
    assert known_later["files"] != known_then["files"], "the world delivers some events late"


def test_t1_what_is_captured_after_a_night_changes_no_byte_of_it(closed: Alliance) -> None:
    lake, night = closed.lake("forward"), str(closed.days[1])
    inputs = [manifest_of(lake, address, night)["inputs"] for address, of in published(lake) if of == night]
    read = {
        name.split("@")[1].split("..")[-1] for of in inputs for name in of if "@" in name and "/" in name.split("@")[0]
    }
    assert read, "a night without inputs would prove nothing"
    assert max(read) == night


def test_a_night_on_s3_builds_what_is_lost_in_every_layer_to_the_same_bytes_as_in_a_folder(closed: Alliance) -> None:
    store, lake, day = closed.partners.store, closed.lake("forward"), str(closed.days[1])
    access = {"AWS_ACCESS_KEY_ID": store.alliance.key_id, "AWS_SECRET_ACCESS_KEY": store.alliance.secret}
    client = store.client(store.alliance)
    assert {address.split("/")[0] for address in LOST_ON_S3} == set(LAYERS) - {"labels", "models"}

    def is_there(path: Path) -> bool:
        dates = [part.removeprefix("business_date=") for part in path.parts if part.startswith("business_date=")]
        is_lost = any(path.is_relative_to(lake / address / f"business_date={day}") for address in LOST_ON_S3)
        return path.is_file() and not is_lost and all(date <= day for date in dates)

    files = [path for path in lake.rglob("*") if is_there(path)]
    with ThreadPoolExecutor(4) as uploads:
        keys = [f"ledger/{path.relative_to(lake)}" for path in files]
        list(uploads.map(lambda path, key: client.upload_file(str(path), LAKE_BUCKET, key), files, keys))

    on_s3 = {"NIGHTLEDGER_LAKE": f"s3://{LAKE_BUCKET}/ledger", **access}
    said = closed.succeed("on-s3", "night", "--business-date", day, **on_s3)

    assert f": {len(LOST_ON_S3)} published" in said.splitlines()[-1]
    in_folder = {address: of for (address, night), of in published(lake).items() if night == day}
    for address, expected in in_folder.items():
        body = client.get_object(Bucket=LAKE_BUCKET, Key=f"ledger/{address}/business_date={day}/_manifest.json")["Body"]
        listed = json.loads(body.read())["files"]
        assert [(file["name"], file["rows"], file["sha256"]) for file in listed] == expected, address


def test_models_decisions_and_files_of_a_lake_on_s3_are_used_like_those_of_a_folder(
    closed: Alliance,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, first, next_day = closed.partners.store, closed.lake("first"), str(closed.days[1])
    client, trained_on = store.client(store.alliance), str(closed.days[0])
    for path in (first / "models" / "credit_score").rglob("*"):
        if path.is_file():
            client.upload_file(str(path), LAKE_BUCKET, f"decided/{path.relative_to(first)}")
    access = {"AWS_ACCESS_KEY_ID": store.alliance.key_id, "AWS_SECRET_ACCESS_KEY": store.alliance.secret}
    variables = closed.environment("decided", NIGHTLEDGER_LAKE=f"s3://{LAKE_BUCKET}/decided", **access)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def told(*arguments: str) -> str:
        caplog.clear()
        with caplog.at_level(logging.INFO):
            assert main(list(arguments)) == 0, caplog.text
        return caplog.text + capsys.readouterr().out

    decided = ("--from", next_day, "--by", "committee", "--why", "it is the first")
    told("promote", "--trained-on", trained_on, *decided)
    assert "it is the first" in told("models")
    files = told("files", "models/credit_score", "--business-date", trained_on).splitlines()
    of_folder = {file["sha256"] for file in manifest_of(first, "models/credit_score", trained_on)["files"]}
    on_disk = [Path(line) for line in files if line.startswith("/")]
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in on_disk} == of_folder
    assert f"{next_day}: 0 of " in told("backfill", "--from", next_day, "--to", next_day, "--dry-run")
    assert main(["promote", "--trained-on", next_day, *decided]) == 3
    assert main(["files", "scores/customer_scores", "--business-date", next_day]) == 3


def manifest_of(lake: Path, address: str, business_date: str) -> dict[str, Any]:
    path = lake / address / f"business_date={business_date}" / "_manifest.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))
