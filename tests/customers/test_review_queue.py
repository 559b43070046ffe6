"""What waits for a person: the likeliest first, and since when."""

from __future__ import annotations

from datetime import date

from jobs.customers.review_queue import build
from schemas.customers.record_pairs import RECORD_PAIRS
from schemas.customers.review_queue import REVIEW_QUEUE
from tests.cleaned.layouts import in_every_layout
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 4, 1)
COLUMNS = ("place_in_queue", "left_record_id", "waiting_since_date")


def pair(left: str, probability: float | None, decision: str = "review") -> dict[str, object]:
    return {
        "left_record_id": left,
        "right_record_id": "z",
        "match_probability": probability,
        "decision": decision,
        "reason": "below_threshold" if decision == "review" else None,
    }


def test_t17_a_pair_waits_since_the_night_it_came_and_the_likeliest_is_first_whatever_the_layout(
    table: TableMaker,
) -> None:
    pairs = [
        pair("ann", 0.7),
        pair("bob", 0.9),
        pair("cem", 0.7),
        pair("dia", 0.7),
        pair("eve", 0.99, "automatic"),
        pair("fay", None, "rejected"),
    ]
    previous = table(
        REVIEW_QUEUE,
        [
            {"left_record_id": "cem", "right_record_id": "z", "waiting_since_date": "2026-03-20"},
            {"left_record_id": "cem", "right_record_id": "y", "waiting_since_date": "2026-03-01"},
            {"left_record_id": "eve", "right_record_id": "z", "waiting_since_date": "2026-03-02"},
        ],
    )
    for layout in in_every_layout(table, RECORD_PAIRS, pairs):
        assert rows(build(layout, previous=previous, as_of=AS_OF), *COLUMNS) == [
            (1, "bob", AS_OF),
            (2, "cem", date(2026, 3, 20)),
            (3, "ann", AS_OF),
            (4, "dia", AS_OF),
        ]


def test_on_the_first_night_all_wait_since_then_and_an_empty_queue_is_one(table: TableMaker) -> None:
    assert rows(build(table(RECORD_PAIRS, [pair("ann", 0.7)]), as_of=AS_OF), *COLUMNS) == [(1, "ann", AS_OF)]
    assert rows(build(table(RECORD_PAIRS, [pair("ann", 0.7, "rejected")]), as_of=AS_OF), *COLUMNS) == []
