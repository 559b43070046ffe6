"""The scorecard on one page: start with so many points, add those of each line that fits."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from io import StringIO
from typing import Any

from jobs.models.report_page import STYLE, limits_in_words

COLUMNS = ("feature", "meaning", "values", "points", "rows", "defaults", "default_rate")


def points_csv(scorecard: Mapping[str, Any]) -> str:
    """One line for each stretch of values, the start first; points as scored, unrounded."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerow(["start", "points of everyone", "", repr(_start(scorecard)), "", "", ""])
    for feature in scorecard["features"]:
        for values, part in _lines(feature, scorecard["special_codes"]):
            rows, bads = part.get("rows"), part.get("bads")
            rate = f"{bads / rows:.6f}" if rows else ""
            writer.writerow(
                [feature["name"], feature["meaning"], values, repr(float(part["points"])), rows, bads, rate]
            )
    return text.getvalue()


def points_page(scorecard: Mapping[str, Any]) -> str:
    """The same for printing, points rounded to a tenth."""
    scale = scorecard["scale"]
    blocks = "".join(_block(feature, scorecard["special_codes"]) for feature in scorecard["features"])
    title = escape(f"Points of credit score {scorecard['model_version']}")
    outside = ""
    if scorecard["population"] and scorecard["population"]["known_of_it_only"]:
        names = ", ".join(escape(name) for name in scorecard["population"]["known_of_it_only"])
        outside = (
            f"<p>Learnt on {escape(scorecard['population']['meaning'])}. For others these add nothing: {names}.</p>"
        )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}'
        "table{font-size:12px}tbody{break-inside:avoid}</style></head><body>"
        f"<h1>{title}</h1><p>Start with <b>{_start(scorecard):.1f}</b> points and add those of each line that fits; "
        f"round the sum, halves up. {scale['score_at_odds']} points are {scale['odds']} good to 1 bad, "
        f"{scale['points_to_double_odds']} points more double the odds.</p>{outside}"
        '<table><thead><tr><th>feature</th><th>values</th><th class="n">points</th><th class="n">default rate</th></tr>'
        f"</thead>{blocks}</table></body></html>\n"
    )


def _start(scorecard: Mapping[str, Any]) -> float:
    scale = scorecard["scale"]
    return float(scale["offset"] + scale["factor"] * scorecard["log_odds"]["intercept"])


def _block(feature: Mapping[str, Any], special_codes: Sequence[float]) -> str:
    rows = []
    for position, (values, part) in enumerate(_lines(feature, special_codes)):
        name = f"{escape(feature['name'])}<br><small>{escape(feature['meaning'])}</small>" if position == 0 else ""
        rate = f"{part['bads'] / part['rows']:.1%}" if part.get("rows") else ""
        cells = f'<td>{escape(values)}</td><td class="n">{part["points"]:+.1f}</td><td class="n">{rate}</td>'
        rows.append(f"<tr><td>{name}</td>{cells}</tr>")
    return f"<tbody>{''.join(rows)}</tbody>"


def _lines(feature: Mapping[str, Any], special_codes: Sequence[float]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in feature["bins"]:
        yield limits_in_words(one), one
    yield "missing", feature["missing"]
    if feature["type"] == "string":
        yield "any other", feature["unseen_category"]
    else:
        yield ", ".join(["infinite", *(f"{code:.10g}" for code in special_codes)]), feature["special"]
