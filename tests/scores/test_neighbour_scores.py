"""neighbour_scores: what those a customer is tied to were scored the night before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.scores.neighbour_scores import build
from schemas.edges.favours import FAVOURS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.scores.customer_scores import CUSTOMER_SCORES
from schemas.scores.neighbour_scores import NEIGHBOUR_SCORES
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row
from tests.features.test_neighbourhood import sent, shared
from tests.features.test_network_position import favour


def described(
    table: TableMaker,
    scores: Sequence[Row] | None,
    *,
    paid: Sequence[Row] = (),
    sharing: Sequence[Row] = (),
    favoured: Sequence[Row] = (),
) -> list[tuple[Any, ...]]:
    ties = (table(TRANSFERS, paid), table(SHARED_IDENTIFIERS, sharing), table(FAVOURS, favoured))
    before = None if scores is None else table(CUSTOMER_SCORES, scores)
    return rows(build(*ties, as_of=AS_OF, scores_before=before), *NEIGHBOUR_SCORES.column_names)


def scored(name: str, score: int, *, is_thin_file: bool = False) -> Row:
    return {"customer_id": name, "score": score, "is_thin_file": is_thin_file}


def test_every_neighbour_counts_once_however_many_ties_there_are_and_nobody_counts_for_themselves(
    table: TableMaker,
) -> None:
    found = described(
        table,
        [scored("ann", 700), scored("bob", 500), scored("cem", 601)],
        paid=[sent("ann", "bob"), sent("bob", "ann"), sent("ann", "ann")],
        sharing=[shared("ann", "bob"), shared("ann", "cem", "device")],
        favoured=[favour("cem", "bob")],
    )
    assert found == [("ann", 2, 0, 550.5, 500), ("bob", 2, 0, 650.5, 601), ("cem", 2, 0, 600.0, 500)]


def test_thin_files_are_counted_and_not_averaged(table: TableMaker) -> None:
    found = described(
        table,
        [scored("bob", 400, is_thin_file=True), scored("cem", 610)],
        sharing=[shared("ann", "bob"), shared("ann", "cem"), shared("bob", "dia")],
    )
    assert found == [("ann", 2, 1, 610.0, 610), ("dia", 1, 1, None, None)]


def test_who_was_not_scored_the_night_before_is_left_out(table: TableMaker) -> None:
    assert described(table, [scored("eve", 600)], sharing=[shared("ann", "bob")]) == []


def test_the_first_night_has_no_night_before(table: TableMaker) -> None:
    assert described(table, None, sharing=[shared("ann", "bob")]) == []


def test_t8_a_tie_of_tomorrow_is_not_known_today(table: TableMaker) -> None:
    today, tomorrow = "2026-03-31 15:59:59", "2026-03-31 16:00:00"
    found = described(
        table,
        [scored("bob", 500), scored("cem", 400)],
        sharing=[shared("ann", "bob", since=today), shared("ann", "cem", since=tomorrow)],
    )
    assert found == [("ann", 1, 0, 500.0, 500)]
