"""The picture shows the right people, says what it leaves out, and is the same every time."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pytest

from jobs.relations.ego import WEAK, Ego, NoTieError, Tie, ego_of
from jobs.relations.ego_page import page
from jobs.relations.ego_picture import COLOURS, DIRECTED, KNOWN_DEFAULT, WORDS, draw
from jobs.relations.ties import KINDS

SINCE = date(2026, 1, 2)
Row = tuple[str, str, str]
TIES: list[Row] = [
    ("ann", "bob", "phone"),
    ("bob", "ann", "transfer"),
    ("ann", "cem", "device"),
    ("bob", "dia", "address"),
    ("dia", "eve", "transfer"),  # three ties from ann
    ("cem", "bob", "transfer"),
    ("ann", "ann", "transfer"),
]


def edges(ties: list[Row]) -> pa.Table:
    columns = dict(zip(("source_id", "target_id", "kind"), map(list, zip(*ties, strict=True)), strict=True))
    paid = pa.array([123_456 if kind == "transfer" else None for kind in columns["kind"]], pa.int64())
    return pa.table({**columns, "cents": paid, "began_date": [SINCE] * len(ties)})


def bad(*names: str) -> pa.Table:
    return pa.table({"customer_id": pa.array(names, pa.string()), "known_date": pa.array([SINCE] * len(names))})


def around(ties: list[Row], *middle: str, known: tuple[str, ...] = (), most: int = 60) -> Ego:
    return ego_of(edges(ties), middle, bad(*known), most=most)


def drawn(ego: Ego, title: str = "Around ann") -> ElementTree.Element:
    return ElementTree.fromstring(draw(ego, title=title))  # noqa: S314 we have just written it


def test_everyone_within_two_ties_is_shown_once_and_every_tie_between_them() -> None:
    found = around(TIES, "ann")
    assert found.rings == (("ann",), ("bob", "cem"), ("dia",))
    assert [(tie.source, tie.target, tie.kind) for tie in found.ties] == [
        ("ann", "bob", "phone"),
        ("ann", "cem", "device"),
        ("bob", "ann", "transfer"),
        ("bob", "dia", "address"),
        ("cem", "bob", "transfer"),
    ]
    assert found.ties[2] == Tie("bob", "ann", "transfer", 123_456, SINCE)
    assert found.left_out == 0


def test_a_ring_stands_in_the_middle_and_whoever_is_tied_to_one_of_it_around() -> None:
    found = around([*TIES, ("eve", "fay", "gift")], "ann", "dia", known=("dia", "eve"))
    assert found.rings == (("ann", "dia"), ("eve", "bob", "cem"), ("fay",))
    assert "2 in the middle, 1 of them known to have defaulted; 4 people within two ties, 1 of them" in draw(
        found, title="Ring ann"
    )


def test_a_weak_tie_shows_who_buys_where_the_customer_does_and_leads_no_further() -> None:
    found = around([*TIES, ("ann", "gus", WEAK), ("gus", "hal", WEAK), ("bob", "hal", WEAK)], "ann")
    assert found.rings == (("ann",), ("bob", "cem", "gus"), ("dia",))
    with pytest.raises(NoTieError):
        around([("bob", "cem", WEAK)], "ann")


def test_where_there_is_no_room_known_defaulters_come_first_and_the_rest_is_counted() -> None:
    crowd = [("ann", f"c{number}", "phone") for number in range(9)]
    found = around([*crowd, ("c8", "far", "phone")], "ann", known=("c8",), most=4)
    assert found.rings == (("ann",), ("c8", "c0", "c1"), ())
    assert found.left_out == 7
    assert "7 more are not shown" in draw(found, title="Around ann")


def test_the_picture_is_valid_marks_known_defaults_and_does_not_depend_on_the_order_of_the_rows() -> None:
    pictures = {
        draw(around(list(order), "ann", known=("dia", "eve")), title="Around <ann>")
        for order in permutations(TIES, len(TIES))
        if order[0][0] == "dia"
    }
    assert len(pictures) == 1
    ego = around(TIES, "ann", known=("dia", "eve"))
    circles = [one for one in drawn(ego).iter() if one.tag.endswith("circle") and one.get("fill") == KNOWN_DEFAULT]
    assert len(circles) == 2, "dia and the legend; eve is three ties away"
    assert f"default {SINCE}" in pictures.copy().pop()
    html = page(ego, pictures.pop(), "Around <ann>")
    assert html.count("Around &lt;ann&gt;") == 3
    assert html.count("<tr>") == 1 + 3, "the ties of ann"
    assert "1,234.56" in html


def test_every_kind_has_its_own_colour_and_words_and_a_direction_its_arrow_and_amount() -> None:
    assert tuple(COLOURS) == tuple(WORDS) == (*KINDS, WEAK)
    assert len(set(COLOURS.values())) == len(COLOURS)
    every = around([("ann", f"c{number}", kind) for number, kind in enumerate(COLOURS)], "ann")
    parts = list(drawn(every).iter())
    lines = [one for one in parts if one.tag.endswith("line")]
    texts = "|".join(one.text or "" for one in parts if one.tag.endswith("text"))
    assert len(lines) == 2 * len(COLOURS), "a tie and its entry in the legend, each"
    assert {one.get("stroke") for one in lines} == set(COLOURS.values())
    assert len([one for one in lines if one.get("marker-end")]) == 2 * len(DIRECTED)
    assert all(f"{WORDS[kind]}: 1" in texts for kind in COLOURS)
    assert "|1,235|" in f"|{texts}|"


def test_what_is_farther_away_never_becomes_an_object_of_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand ties of others are left out as columns."""
    far = pa.table(
        {
            **{
                end: pa.array([f"{end}-{number % 999}" for number in range(10_000)])
                for end in ("source_id", "target_id")
            },
            "kind": ["phone"] * 10_000,
            "cents": pa.nulls(10_000, pa.int64()),
            "began_date": [SINCE] * 10_000,
        }
    )
    made: list[Tie] = []

    def make(*row: Any) -> Tie:
        made.append(Tie(*row))
        return made[-1]

    monkeypatch.setattr("jobs.relations.ego.Tie", make)
    found = ego_of(pa.concat_tables([edges(TIES), far]), ["ann"], bad())
    assert len(made) == len(found.ties) == 5


def test_a_customer_without_a_tie_is_told_so() -> None:
    with pytest.raises(NoTieError, match="no tie"):
        around(TIES, "zoe")
