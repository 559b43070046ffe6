"""How well a night told people apart, as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

import pandas as pd

from jobs.customers.judgement import Judgement
from jobs.identity_plots import bar_plot, line_plot, share_plot
from jobs.identity_tables import Impact
from jobs.models.report_page import STYLE
from jobs.models.report_tables import plot, section, table
from schemas.customers.identity_ledger import ARRIVALS, CHANGES
from schemas.customers.identity_quality import ALL, JUDGED, MEASURES

LEAST_NIGHTS_FOR_LINES = 2
MOST_LINKED = "over_linked_records"
LEAST_LINKED = "under_linked_records"


def write_page(day: date, counts: pd.DataFrame, impact: Impact | None, judgement: Judgement | None) -> str:
    """The whole page; equal counts give equal pages.

    counts: business_date, measure, part, row_count of the night and those before it.
    """
    tonight = counts[counts["business_date"] == day]
    body = "".join(
        [
            f"<h1>Who is who on {day}</h1>{_headline(tonight)}",
            section("Against what is known to be true", _truth(judgement, counts, day)),
            section("Sizes and strength", _figures(tonight)),
            section("From night to night", _churn(counts)),
            section("Segments that moved with identity", _impact(impact)),
            section("By partner", _partners(tonight)),
            section("Pairs", _pairs(tonight)),
            section(
                "What is counted",
                table(["measure", "meaning"], [[a, b] for a, b in (MEASURES | JUDGED).items()], words=2),
            ),
        ]
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Who is who on {day}</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _headline(tonight: pd.DataFrame) -> str:
    records, customers = _total(tonight, "records"), _total(tonight, "customers_by_record_count")
    known, moved = _total(tonight, "known_records"), _total(tonight, "known_records_moved")
    bridges, followed = _total(tonight, "pairs_followed_bridges"), _total(tonight, "pairs_followed")
    return (
        f"<p>{records:,} records of the partners are {customers:,} customers. Of {known:,} records known the night "
        f"before {moved:,} have another customer ({_share(moved, known)}). Of {followed:,} pairs that were followed "
        f"{bridges:,} alone hold two parts of a customer together ({_share(bridges, followed)}).</p>"
    )


def _truth(judgement: Judgement | None, counts: pd.DataFrame, day: date) -> str:
    """By the labelled records that are given now, and by those that each night had."""
    of_nights = counts[counts["measure"].isin(JUDGED)]
    tonight = of_nights[of_nights["business_date"] == day].set_index("measure")
    if judgement is None and not len(tonight):
        return "<p>No labelled records were given: right and wrong cannot be told, only signs of them below.</p>"
    told = "" if judgement is None else _judged_now(judgement)
    if len(tonight):
        rows = [[f"{name}: {JUDGED[name]}", f"{n:,}", f"{share:.4f}"] for name, n, share in _judged(tonight)]
        told += table(["judged on the night", "of", "share"], rows, words=1) + _judged_nights(of_nights)
    return told


def _judged(tonight: pd.DataFrame) -> list[tuple[str, int, float]]:
    known = [name for name in JUDGED if name in tonight.index]
    return [(name, int(tonight["row_count"][name]), float(tonight["share"][name])) for name in known]


def _judged_nights(of_nights: pd.DataFrame) -> str:
    shares = of_nights.pivot_table(index="business_date", columns="measure", values="share", aggfunc="first")
    days = [f"{night:%d %b}" for night in shares.index]
    plots = []
    for title, names in (("By pairs", list(JUDGED)[:2]), ("As each record sees it", list(JUDGED)[2:])):
        lines = {
            name.rsplit("_", 1)[1]: [None if pd.isna(share) else float(share) for share in shares[name]]
            for name in names
            if name in shares
        }
        plots.append((title, share_plot("night", "share that is right", days, lines)))
    return _plots(plots)


def _judged_now(judgement: Judgement) -> str:
    rows = [
        ["pairs of records", f"{judgement.pair_precision:.4f}", f"{judgement.pair_recall:.4f}"],
        ["B-cubed (Bagga and Baldwin 1998)", f"{judgement.b_cubed_precision:.4f}", f"{judgement.b_cubed_recall:.4f}"],
    ]
    told = f"<p>{judgement.records:,} labelled records of {judgement.people:,} people.</p>"
    return told + table(["judged by", "precision", "recall"], rows, words=1)


def _figures(tonight: pd.DataFrame) -> str:
    sizes = [(part.lstrip("0"), n) for part, n in _parts(tonight, "customers_by_record_count")]
    weakest = _parts(tonight, "customers_by_weakest_match")
    plots = [("Customers by their records", bar_plot("records", "customers", sizes))]
    if weakest:
        drawing = bar_plot("probability of the weakest pair, at least", "customers", weakest)
        plots.append(("Customers of several records by what holds them", drawing))
    return _plots(plots)


def _churn(counts: pd.DataFrame) -> str:
    had_a_night_before = (counts["measure"] == "known_records") & (counts["row_count"] > 0)
    nights = sorted(counts["business_date"][had_a_night_before].unique())  # else everybody is new
    if len(nights) < LEAST_NIGHTS_FOR_LINES:
        return "<p>Too few nights yet to compare.</p>"
    changes = counts[counts["measure"] == "records_changed"].pivot_table(
        index="business_date", columns="part", values="row_count", aggfunc="sum"
    )
    table = changes.reindex(index=nights, columns=list(CHANGES)).fillna(0).astype(int)
    days = [f"{night:%d %b}" for night in nights]
    arrivals, moves = ({name: table[name].tolist() for name in names} for names in (ARRIVALS, CHANGES[len(ARRIVALS) :]))
    return _plots(
        [
            ("New records", line_plot("night", "records", days, arrivals)),
            ("Known records with another customer, or erased", line_plot("night", "records", days, moves)),
        ]
    )


def _impact(impact: Impact | None) -> str:
    if impact is None:
        return "<p>The night before has no segments to compare with.</p>"
    words = {True: "others than the night before", False: "the same"}
    rows = [
        [words[is_other], "something happened" if has_news else "nothing happened", f"{n:,}", f"{moved:,}"]
        for (is_other, has_news), (n, moved) in impact.counts.items()
    ]
    others = impact.counts[True, False][0]
    told = (
        f"<p><b>{impact.by_identity_alone:,} customers</b> are in another segment though nothing happened to them but "
        f"that their records are others. Of customers with the same records to whom nothing happened "
        f"{impact.by_time_alone:.2%} moved as well, because a window ended; at that rate "
        f"{impact.by_time_alone * others:.1f} of the first would have moved anyway. Nothing happened means: no "
        "purchase, visit, salary or payment on the day.</p>"
    )
    moves = [[escape(was), escape(now), f"{n:,}"] for was, now, n in impact.moves]
    tables = table(["records", "on the day", "customers", "in another segment"], rows, words=2)
    return told + tables + (table(["segment before", "segment now", "customers"], moves, words=2) if moves else "")


def _partners(tonight: pd.DataFrame) -> str:
    measures = ("records", "records_alone", MOST_LINKED, LEAST_LINKED)
    of = {measure: dict(_parts(tonight, measure)) for measure in measures}
    rows = []
    for partner, records in of["records"].items():
        marks = [of[measure].get(partner, 0) for measure in measures[1:]]
        rows.append([escape(partner), f"{records:,}", *(f"{n:,} ({_share(n, records)})" for n in marks)])
    titles = ["partner", "records", "tied to no other", "customer has two here", "pair in review or refused"]
    return table(titles, rows, words=1)


def _pairs(tonight: pd.DataFrame) -> str:
    decisions = ("pairs_automatic", "pairs_review", "pairs_rejected")
    of = {measure: dict(_parts(tonight, measure)) for measure in decisions}
    rules = sorted({rule for counted in of.values() for rule in counted})
    rows = [[escape(rule), *(f"{of[measure].get(rule, 0):,}" for measure in decisions)] for rule in rules]
    refused = [[escape(reason), f"{n:,}"] for reason, n in _parts(tonight, "pairs_refused")]
    return table(["rule", "automatic", "review", "rejected"], rows, words=1) + (
        table(["automatic, and not followed because", "pairs"], refused, words=1)
        if refused
        else "<p>Every automatic pair was followed.</p>"
    )


def _parts(tonight: pd.DataFrame, measure: str) -> list[tuple[str, int]]:
    rows = tonight[tonight["measure"] == measure].sort_values("part")
    return [(str(part), int(n)) for part, n in zip(rows["part"], rows["row_count"], strict=True) if part != ALL]


def _total(tonight: pd.DataFrame, measure: str) -> int:
    return int(tonight["row_count"][tonight["measure"] == measure].sum())


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if whole else "of none"


def _plots(plots: Sequence[tuple[str, str]]) -> str:
    return f'<div class="plots">{"".join(plot(title, drawing) for title, drawing in plots)}</div>'
