"""Rows delivered twice: exact repeats are dropped and counted, contradictions are quarantined, nothing else is lost."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from jobs.captured import repeats
from jobs.captured.capture import BadSourceError
from jobs.captured.repeats import repeated_hashes
from jobs.captured.row_hashes import LONGEST_TEXT, Hashes, RowHasher
from schemas.captured.shop_credit_repayments import SHOP_CREDIT_REPAYMENTS
from schemas.captured.shop_users import SHOP_USERS
from schemas.table import Table
from tests.captured.deliveries import Shop, as_csv, column, gzipped, refusals

FIRST, SECOND = "part-00000.csv.gz", "part-00001.csv.gz"
SEED = bytes(32)
CONTRADICTS = "has the key of an earlier row and other content"


def deliver(shop: Shop, *files: list[dict[str, object]]) -> None:
    contents = {
        name: gzipped(as_csv(SHOP_CREDIT_REPAYMENTS, rows)) for name, rows in zip((FIRST, SECOND), files, strict=False)
    }
    counts = {name: len(rows) for name, rows in zip((FIRST, SECOND), files, strict=False)}
    shop.deliver(SHOP_CREDIT_REPAYMENTS, contents, counts)


def repayment(name: str, cents: int = 100) -> dict[str, object]:
    return {"repayment_id": name, "amount_cents": cents}


def test_an_exact_repeat_is_dropped_and_counted_within_and_across_files(shop: Shop) -> None:
    deliver(shop, [repayment("ann"), repayment("bob", 7), repayment("ann")], [repayment("bob", 7), repayment("cy")])
    capture = shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert column(capture, "repayment_id") == ["ann", "bob", "cy"]
    assert (capture.counts.rows_in, capture.counts.rows_out, capture.counts.duplicates) == (5, 3, 2)
    cents = capture.cents["amount_cents"]
    assert (cents.read, cents.staged, cents.set_aside) == (314, 207, 107)
    assert [path.name for path in sorted(shop.staging.rglob("*"))] == ["part-00000.parquet"]


def test_of_two_rows_that_contradict_each_other_the_first_stays(shop: Shop) -> None:
    deliver(shop, [repayment("cy"), repayment("ann", 1)], [repayment("ann", 2), repayment("ann", 1), repayment("bob")])
    capture = shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert column(capture, "repayment_id") == ["cy", "ann", "bob"]
    assert column(capture, "amount_cents") == [100, 1, 100]
    assert refusals(capture) == [(SECOND, 2, None, CONTRADICTS)]
    assert capture.counts.duplicates == 1


def test_lines_of_contradictions_are_right_after_a_bad_line(shop: Shop) -> None:
    deliver(shop, [repayment("ann"), {**repayment("bad"), "amount_cents": "x"}, repayment("bob"), repayment("ann", 2)])
    capture = shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert [line for _, line, _, _ in refusals(capture)] == [3, 5]


def test_a_null_and_a_value_are_not_the_same_content(shop: Shop) -> None:
    deliver(shop, [repayment("ann"), {**repayment("ann"), "reverses_repayment_id": "bob"}])
    assert refusals(shop.capture(SHOP_CREDIT_REPAYMENTS)) == [(FIRST, 3, None, CONTRADICTS)]


def test_two_versions_of_a_user_are_two_rows_and_two_spellings_of_a_phone_are_one(shop: Shop) -> None:
    ann = {"shop_user_id": "ann", "phone": "13800138000"}
    rows = [ann, {**ann, "updated_at": "2026-04-01T10:00:00+08:00"}, {**ann, "phone": "+86 138 0013 8000"}]
    shop.deliver(SHOP_USERS, {FIRST: gzipped(as_csv(SHOP_USERS, rows))}, 3)
    counts = shop.capture(SHOP_USERS).counts
    assert (counts.rows_out, counts.duplicates, counts.quarantined) == (2, 1, 0)


def test_a_key_that_contradicts_itself_all_over_stops_the_table(shop: Shop) -> None:
    deliver(shop, [repayment("ann", cents) for cents in range(30)])
    with pytest.raises(BadSourceError, match=f"29 of 30 rows: refused, more than 5%: 29 times {CONTRADICTS}"):
        shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert not list(shop.staging.rglob("*.parquet"))


def test_many_repeats_are_judged_in_several_passes_with_the_same_result(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = [repayment(f"r{number:03d}", number) for number in range(50)]
    deliver(shop, once, once[::-1])
    monkeypatch.setattr(repeats, "SUSPECTS_AT_ONCE", 7)
    capture = shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert column(capture, "repayment_id") == [row["repayment_id"] for row in once]
    assert capture.counts.duplicates == 50


def test_two_keys_that_share_a_hash_are_two_rows(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    class SameForAll(RowHasher):
        def hashes(self, batch: pa.RecordBatch) -> Hashes:
            return np.zeros(batch.num_rows, dtype=np.uint64)

    def hasher_of_no_use(table: Table, seed: bytes) -> RowHasher:
        return SameForAll(seed, "key", table.key)

    monkeypatch.setattr("jobs.captured.repeats.key_hasher", hasher_of_no_use)
    monkeypatch.setattr("jobs.captured.intake.key_hasher", hasher_of_no_use)
    deliver(shop, [repayment("ann"), repayment("bob"), repayment("ann")])
    capture = shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert column(capture, "repayment_id") == ["ann", "bob"]
    assert capture.counts.duplicates == 1


def test_only_hashes_that_occur_twice_are_suspects() -> None:
    random = np.random.default_rng(7)
    unique = random.integers(0, 2**63, 10_000).astype(np.uint64) * np.uint64(2)
    twice = unique[:100]
    assert repeated_hashes([unique, twice, twice]).tolist() == sorted(twice.tolist())
    assert repeated_hashes([]).tolist() == []


def test_equal_rows_hash_equally_in_any_batch_and_different_rows_differently() -> None:
    texts = ["ann", "bob", "", None, "a" * LONGEST_TEXT, "a" * (LONGEST_TEXT + 1), "b" * (LONGEST_TEXT + 1), "ann"]
    numbers = [0, -1, None, 2**62, 5, 6, 7, 0]
    batch = pa.record_batch({"text": pa.array(texts), "number": pa.array(numbers, pa.int64())})
    hasher = RowHasher(SEED, "key", ("text", "number"))
    whole = hasher.hashes(batch).tolist()
    single = [hasher.hashes(batch.slice(position, 1)).tolist()[0] for position in range(len(texts))]
    assert whole == single
    assert whole[0] == whole[7]
    assert len(set(whole)) == len(texts) - 1


def test_columns_do_not_run_into_each_other() -> None:
    hasher = RowHasher(SEED, "key", ("left", "right"))
    batch = pa.record_batch({"left": ["ab", "a", "b"], "right": ["c", "bc", "ac"]})
    assert len(set(hasher.hashes(batch).tolist())) == 3
