"""The site of all checks: complete, readable without a network, and without a value of any row."""

from __future__ import annotations

import re
from pathlib import Path

from expectations.checks import Verdict
from expectations.data_docs import build_data_docs
from expectations.rules import Severity, at_least, matches, rows_not_far_below_earlier_nights, unique
from tests.expectations.conftest import WalletChecker

RULES = (
    unique("owner_token", because="nobody has two <wallets>"),
    matches("code", "[0-9]{4}", because="four digits & no more", severity=Severity.WARNING),
    at_least("balance_cents", 0, because="a guess"),
    rows_not_far_below_earlier_nights(0.5, because="wallets do not vanish"),
)


def keep(verdict: Verdict, results: Path, address: str, night: str) -> None:
    path = results / address / f"{night}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(verdict.to_json(), encoding="utf-8")


def build_two_nights(checked: WalletChecker, folder: Path) -> Path:
    failed = checked({"ann": {"owner_token": "secret"}, "bob": {"owner_token": "secret"}}, *RULES)
    warned = checked({"ann": {"code": "hidden"}}, *RULES)
    keep(failed, folder / "results", "features/wallets", "2026-04-02")
    keep(warned, folder / "results", "features/wallets", "2026-04-01")
    keep(checked({"ann": {}}, *RULES), folder / "results", "captured/wallets", "2026-04-01")
    return build_data_docs(folder / "results", folder / "site")


def test_the_first_page_links_every_dataset_and_night_in_the_order_of_the_pipeline(
    checked: WalletChecker, tmp_path: Path
) -> None:
    page = build_two_nights(checked, tmp_path)
    links = re.findall(r'<a class="(\w+)" href="([^"]+)">', page.read_text(encoding="utf-8"))
    assert links == [
        ("passed", "captured/wallets/2026-04-01.html"),
        ("failed", "features/wallets/2026-04-02.html"),
        ("warned", "features/wallets/2026-04-01.html"),
    ]
    assert all((page.parent / path).is_file() for _, path in links)


def test_a_page_shows_every_rule_what_broke_and_why(checked: WalletChecker, tmp_path: Path) -> None:
    site = build_two_nights(checked, tmp_path).parent
    text = (site / "features/wallets/2026-04-02.html").read_text(encoding="utf-8")
    assert "owner_token must be unique, is not in 2 of 2 rows" in text
    assert "nobody has two &lt;wallets&gt;" in text
    assert "nothing to compare with yet" in text
    assert "2 unexpected values found. 100% of 2 total rows." in " ".join(text.split())
    assert "values must never be null" in text
    assert len(re.findall("fa-check-circle text-success", text)) + 1 == text.count("fas fa-")


def test_a_page_asks_no_host_and_holds_no_value_of_a_row(checked: WalletChecker, tmp_path: Path) -> None:
    site = build_two_nights(checked, tmp_path).parent
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"https?://|<script|<img|<link", text)
        assert "secret" not in text
        assert "hidden" not in text


def test_the_same_verdicts_give_the_same_bytes_and_unchanged_pages_are_left_alone(
    checked: WalletChecker, tmp_path: Path
) -> None:
    site = build_two_nights(checked, tmp_path).parent
    pages = {page: (page.read_bytes(), page.stat().st_mtime_ns) for page in site.rglob("2026-*.html")}
    build_data_docs(tmp_path / "results", site)
    assert {page: (page.read_bytes(), page.stat().st_mtime_ns) for page in pages} == pages
    build_data_docs(tmp_path / "results", tmp_path / "again")
    assert {page: (tmp_path / "again" / page.relative_to(site)).read_bytes() for page in pages} == {
        page: content for page, (content, _) in pages.items()
    }


def test_a_changed_verdict_gets_a_new_page(checked: WalletChecker, tmp_path: Path) -> None:
    site = build_two_nights(checked, tmp_path).parent
    keep(checked({"ann": {}}, *RULES), tmp_path / "results", "features/wallets", "2026-04-02")
    build_data_docs(tmp_path / "results", site)
    assert "must be unique, is not" not in (site / "features/wallets/2026-04-02.html").read_text(encoding="utf-8")


def test_a_rule_that_could_not_be_judged_has_its_page_too(checked: WalletChecker, tmp_path: Path) -> None:
    verdict = checked({"ann": {"owner_token": "secret"}}, at_least("owner_token", 3, because="a text is no number"))
    keep(verdict, tmp_path / "results", "features/wallets", "2026-04-01")
    site = build_data_docs(tmp_path / "results", tmp_path / "site").parent
    text = (site / "features/wallets/2026-04-01.html").read_text(encoding="utf-8")
    assert "could not be evaluated (TypeError)" in text
    assert "secret" not in text


def test_a_site_of_nothing_is_an_empty_first_page(tmp_path: Path) -> None:
    assert "Checks, newest night first" in build_data_docs(tmp_path / "none", tmp_path / "site").read_text("utf-8")
