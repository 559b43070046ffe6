"""The picture shows the right people, says what it leaves out, and is the same every time."""

from __future__ import annotations

from itertools import permutations
from xml.etree import ElementTree

import pyarrow as pa
import pytest

from jobs.relations.ego_picture import KNOWN_DEFAULT, NoTieError, draw, ego_of, page

TIES = [
    ("ann", "bob", "phone"),
    ("bob", "ann", "transfer"),
    ("ann", "cem", "device"),
    ("bob", "dia", "address"),
    ("dia", "eve", "transfer"),  # three ties from ann
    ("cem", "bob", "transfer"),
    ("ann", "ann", "transfer"),
]


def edges(ties: list[tuple[str, str, str]]) -> pa.Table:
    columns = zip(*ties, strict=True)
    return pa.table(dict(zip(("source_id", "target_id", "kind"), map(list, columns), strict=True)))


def test_everyone_within_two_ties_is_shown_once_and_every_kind_between_them() -> None:
    found = ego_of(edges(TIES), "ann")
    assert found.rings == (("ann",), ("bob", "cem"), ("dia",))
    assert found.ties == {
        ("ann", "bob"): ("phone", "transfer"),
        ("ann", "cem"): ("device",),
        ("bob", "cem"): ("transfer",),
        ("bob", "dia"): ("address",),
    }
    assert found.left_out == 0


def test_where_there_is_no_room_known_defaulters_come_first_and_the_rest_is_counted() -> None:
    crowd = [("ann", f"c{number}", "phone") for number in range(9)]
    found = ego_of(edges([*crowd, ("c8", "far", "phone")]), "ann", known_bad=["c8"], most=4)
    assert found.rings == (("ann",), ("c8", "c0", "c1"), ())
    assert found.left_out == 7
    assert "7 more are not shown" in draw(found, known_bad=["c8"], title="Around ann")


def test_the_picture_is_valid_marks_known_defaults_and_does_not_depend_on_the_order_of_the_rows() -> None:
    pictures = {
        draw(ego_of(edges(list(order)), "ann"), known_bad=["dia", "eve"], title="Around <ann>")
        for order in permutations(TIES, len(TIES))
        if order[0][0] == "dia"
    }
    assert len(pictures) == 1
    picture = pictures.pop()
    drawn = ElementTree.fromstring(picture)  # noqa: S314 we have just written it
    circles = [one for one in drawn.iter() if one.tag.endswith("circle") and one.get("fill") == KNOWN_DEFAULT]
    assert len(circles) == 2, "dia and the legend; eve is three ties away"
    assert len([one for one in drawn.iter() if one.tag.endswith("line")]) == 5 + 5
    assert page(picture, "Around <ann>").count("Around &lt;ann&gt;") == 3


def test_a_customer_without_a_tie_is_told_so() -> None:
    with pytest.raises(NoTieError, match="no tie"):
        ego_of(edges(TIES), "zoe")
