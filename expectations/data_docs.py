"""A static site that shows every check of every night, made from the verdicts that the checks left behind.

Each rule's sentence is rendered by Great Expectations; the frame around it is ours, because the stock page loads its
scripts from eight hosts, carries the wall clock and random ids, and cannot be read without a network. These pages need
none, and the same verdicts give the same bytes. A page whose verdict has not changed is left alone.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from schemas.table import LAYERS

NIGHTS_ON_THE_FIRST_PAGE = 14  # two weeks fit on a screen; older pages stay and are linked from newer ones

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1c2733; }
h1 { font-size: 1.4rem } h5 { font-size: 1rem; margin: 1.6rem 0 .3rem } a { color: #14538a }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 } th, td { text-align: left; padding: .3rem .6rem;
border-bottom: 1px solid #d8dee5; vertical-align: top } th { font-weight: 600; background: #f3f5f8 }
td p, td div { margin: 0 } .passed { color: #1b7837 } .failed { color: #b2182b } .warned { color: #a15c00 }
nav { margin: .5rem 0 1.5rem } .night td, .night th { text-align: center } .night th:first-child,
.night td:first-child { text-align: left } .fa-check-circle::before { content: "✔"; color: #1b7837 }
.fa-times::before { content: "✖"; color: #b2182b } .fa-exclamation-triangle::before { content: "!"; color: #a15c00 }
.fas { font-style: normal } .ge-section td:first-child { width: 4rem } .ge-section td:last-child { width: 14rem }
"""
MARKS = {"passed": "✔", "warned": "!", "failed": "✖"}


@dataclass(frozen=True)
class StoredVerdict:
    """One verdict as a check left it: where its page stands in the site, its content, and a digest of both."""

    page: Path
    content: Mapping[str, Any]
    digest: str

    @property
    def state(self) -> str:
        """passed, warned or failed."""
        broken = [result["severity"] for result in self.content["results"] if not result["success"]]
        if not self.content["passed"]:
            return "failed"
        return "warned" if "warning" in broken else "passed"


def build_data_docs(results_folder: Path, site_folder: Path) -> Path:
    """The site's first page, after every verdict below `results_folder` has its page in `site_folder`.

    results_folder: holds `<layer>/<dataset>/<night>.json`, each the text of `Verdict.to_json()`.
    """
    verdicts = [_read(path, results_folder) for path in sorted(results_folder.rglob("*.json"))]
    for verdict in verdicts:
        page = site_folder / verdict.page
        if _is_current(page, verdict):
            continue
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(_page_of(verdict), encoding="utf-8")
    index = site_folder / "index.html"
    site_folder.mkdir(parents=True, exist_ok=True)
    index.write_text(_index_of(verdicts), encoding="utf-8")
    return index


def _read(path: Path, folder: Path) -> StoredVerdict:
    text = path.read_bytes()
    digest = hashlib.sha256(text + Path(__file__).read_bytes()).hexdigest()
    return StoredVerdict(path.relative_to(folder).with_suffix(".html"), json.loads(text), digest)


def _is_current(page: Path, verdict: StoredVerdict) -> bool:
    return page.is_file() and verdict.digest in page.read_text(encoding="utf-8")[:200]


def _page_of(verdict: StoredVerdict) -> str:
    content = verdict.content
    home = "../" * len(verdict.page.parent.parts) + "index.html"
    title = f"{content['dataset']} {verdict.page.stem}"
    body = "\n".join(
        (
            f'<nav><a href="{home}">all checks</a></nav>',
            f"<h1>{escape(title)}</h1>",
            f'<p class="{verdict.state}">{MARKS[verdict.state]} {escape(str(content["message"]))}</p>',
            _reasons(content["results"]),
            *_sections(content),
        )
    )
    return _frame(title, body, verdict.digest)


def _reasons(results: Sequence[Mapping[str, Any]]) -> str:
    """The rules that are broken or could not be compared, with severity and reason; nothing when there are none."""
    notable = [result for result in results if not result["success"] or result["note"]]
    rows = "".join(
        f"<tr><td>{escape(result['severity'])}</td><td>{escape(result['finding'])}</td>"
        f"<td>{escape(result['because'])}</td></tr>"
        for result in notable
    )
    heads = "<tr><th>severity</th><th>what was found</th><th>why the rule</th></tr>"
    return f"<h5>Worth a look</h5><table>{heads}{rows}</table>" if notable else ""


def _sections(content: Mapping[str, Any]) -> list[str]:
    """Every rule in Great Expectations' own words, the table's first, then column by column."""
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
    )
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    results = [_result_of(result, content["rows"]) for result in content["results"] if result["judged"]]
    suite = ExpectationSuiteValidationResult(
        success=content["passed"], results=results, suite_name=content["dataset"], statistics={}, meta={}
    )
    # The first section is the stock overview, which our own head replaces.
    _, *sections = ValidationResultsPageRenderer(run_info_at_end=False).render(suite).sections
    return [
        str(_view().render({"section": section.to_json_dict(), "section_loop": {"index": position}}))
        for position, section in enumerate(sections, start=1)
    ]


@functools.cache
def _view() -> Any:
    """What turns a section into HTML; it compiles its templates once, which takes longer than any page."""
    from great_expectations.render.view.view import DefaultJinjaSectionView

    return DefaultJinjaSectionView()


def _result_of(result: Mapping[str, Any], rows: int) -> Any:
    from great_expectations.core.expectation_validation_result import (
        ExpectationValidationResult,
    )
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    judged = result["judged"]
    return ExpectationValidationResult(
        success=result["success"],
        expectation_config=ExpectationConfiguration(**judged["expectation_config"]),
        exception_info=judged["exception_info"],
        result=_numbers_of(result, rows),
        meta={},
    )


def _numbers_of(result: Mapping[str, Any], rows: int) -> dict[str, object]:
    """What the renderer may show beside the rule: counts and plain numbers, never a value of a row."""
    if result["observed"] is not None:
        return {"observed_value": result["observed"]}
    is_about_every_row = (
        result["about"] == "rows" and result["judged"]["expectation_config"]["kwargs"].get("mostly", 1) == 1
    )
    failing = 0 if result["success"] and is_about_every_row else result["failing_rows"]
    if failing is None or not rows:
        return {}
    return {"element_count": rows, "unexpected_count": failing, "unexpected_percent": 100 * failing / rows}


def _index_of(verdicts: Sequence[StoredVerdict]) -> str:
    nights = sorted({verdict.page.stem for verdict in verdicts}, reverse=True)[:NIGHTS_ON_THE_FIRST_PAGE]
    by_place = {(verdict.page.parent, verdict.page.stem): verdict for verdict in verdicts}
    datasets = sorted({verdict.page.parent for verdict in verdicts}, key=_in_order_of_the_pipeline)
    heads = "".join(f"<th>{escape(night)}</th>" for night in nights)
    rows = "".join(
        f"<tr><td>{escape(dataset.as_posix())}</td>"
        + "".join(f"<td>{_cell(by_place.get((dataset, night)))}</td>" for night in nights)
        + "</tr>"
        for dataset in datasets
    )
    legend = "<p>✔ every rule holds · ! published with a warning · ✖ stopped, yesterday's data stands</p>"
    table = f'<table class="night"><tr><th>dataset</th>{heads}</tr>{rows}</table>'
    return _frame("Checks", f"<h1>Checks, newest night first</h1>{legend}{table}", "")


def _cell(verdict: StoredVerdict | None) -> str:
    if verdict is None:
        return ""
    rows = f"{verdict.content['rows']:,}"
    return f'<a class="{verdict.state}" href="{verdict.page.as_posix()}">{MARKS[verdict.state]} {rows}</a>'


def _in_order_of_the_pipeline(dataset: Path) -> tuple[int, str]:
    layer = dataset.parts[0] if dataset.parts else ""
    return (LAYERS.index(layer) if layer in LAYERS else len(LAYERS), dataset.as_posix())


def _frame(title: str, body: str, digest: str) -> str:
    return (
        f'<!doctype html><html lang="en"><!-- {digest} --><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>\n"
    )
