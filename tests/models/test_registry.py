"""Which model decides on which night, who said so, and that a past night keeps its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobs.inputs import Resolver, night
from jobs.lake import Lake
from jobs.manifest import Manifest, Partition
from jobs.models import churn
from jobs.models.credit_score import train
from jobs.night import Summary, run_backfill
from jobs.registry import Decision, Registry, RegistryError, head_key_of, key_of
from jobs.road import Road
from jobs.run import main
from jobs.settings import read_settings
from jobs.staging import write_document
from jobs.storage import open_storage
from schemas.models.churn import CHURN_MODEL
from schemas.models.credit_score import CREDIT_SCORE
from schemas.table import Document
from tests.models.borrowers import as_training_set, borrowers
from tests.models.shoppers import shoppers

MARCH, APRIL, MAY = date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)
ADDRESS = CREDIT_SCORE.address
Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def trained() -> dict[date, dict[str, Any]]:
    return {
        day: train(as_training_set(borrowers(seed=seed)), as_of=day) for seed, day in enumerate((MARCH, APRIL, MAY))
    }


@pytest.fixture
def lake(tmp_path: Path, trained: dict[date, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake with three trainings and one closed night, that of 4 April, as the settings of this process name it."""
    found = Lake(open_storage(str(tmp_path / "lake"), None), tmp_path / "scratch")
    for day, files in trained.items():
        publish(found, Partition(ADDRESS, day), files)
    monkeypatch.setenv("NIGHTLEDGER_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("NIGHTLEDGER_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setenv("NIGHTLEDGER_FIRST_BUSINESS_DATE", "2026-03-31")
    close(found, date(2026, 4, 4))
    return found


def publish(lake: Lake, partition: Partition, files: dict[str, Any], document: Document = CREDIT_SCORE) -> Manifest:
    with lake.writing(partition) as writer:
        staged = write_document(document, files, writer.staging_folder)
        day = partition.business_date
        return writer.publish(
            staged, known_by=day, as_of=day, contract="0" * 64, code="0" * 64, inputs={}, seconds={},
            rows={file.name: 1 for file in staged},
        )  # fmt: skip


def close(
    lake: Lake, day: date, table: str = "scores/customer_scores", inputs: Mapping[str, str] | None = None
) -> None:
    with lake.writing(Partition(table, day)) as writer:
        file = writer.staging_folder / "night.json"
        file.write_text("{}", encoding="utf-8")
        writer.publish([file], known_by=day, as_of=day, contract="0" * 64, code="0" * 64, inputs=inputs or {},
                       seconds={}, rows={"night.json": 1})  # fmt: skip


@pytest.fixture
def run(lake: Lake, caplog: pytest.LogCaptureFixture) -> Run:
    """A command in this process: exit code, and what it says."""

    def ran(*arguments: str) -> tuple[int, str]:
        caplog.clear()
        with caplog.at_level("INFO", logger="nightledger"):
            code = main(arguments)
        return code, "\n".join(record.getMessage() for record in caplog.records)

    return ran


def decided(verb: str, day: str, start: str, *more: str, why: str = "tried for a month") -> list[str]:
    named = ["--trained-on", day] if day else []
    return [verb, *named, "--from", start, "--by", "credit committee", "--why", why, *more]


def champion_on(lake: Lake, day: date) -> date:
    (found,) = Resolver(lake, read_settings())._input(CREDIT_SCORE, night(day)).manifests
    return found.business_date


def shadows_on(lake: Lake, day: date) -> list[tuple[str, date]]:
    resolver = Resolver(lake, read_settings())
    found = resolver._with_challengers(resolver._input(CREDIT_SCORE, night(day))).challengers
    assert found is not None
    return [(kind, manifest.business_date) for kind, manifest in found]


def test_while_nobody_has_decided_the_newest_model_counts_from_the_night_after_its_training(lake: Lake) -> None:
    assert [champion_on(lake, day) for day in (date(2026, 4, 1), APRIL, date(2026, 5, 1))] == [MARCH, MARCH, APRIL]
    assert shadows_on(lake, date(2026, 5, 1)) == [("trees", APRIL)]


def test_a_promoted_model_decides_until_another_is_and_a_past_night_keeps_its_own(lake: Lake, run: Run) -> None:
    assert run(*decided("promote", "2026-03-31", "2026-04-05"))[0] == 0
    assert champion_on(lake, date(2026, 6, 5)) == MARCH  # newer ones wait for a decision
    assert run(*decided("promote", "2026-05-31", "2026-06-06"))[0] == 0
    close(lake, date(2026, 6, 10))
    assert run(*decided("roll-back", "", "2026-06-11", why="grades drift"))[0] == 0
    nights = {date(2026, 4, 4): MARCH, date(2026, 6, 5): MARCH, date(2026, 6, 6): MAY, date(2026, 6, 10): MAY,
              date(2026, 6, 11): MARCH}  # fmt: skip
    assert {day: champion_on(lake, day) for day in nights} == nights
    told = run("models")[1]
    assert [line.split(":")[0] for line in told.splitlines() if line[0] != "2"] == [
        "1. from 2026-04-05", "3. from 2026-06-11"
    ]  # fmt: skip
    assert "roll_back scorecard" in told
    assert "by credit committee: grades drift" in told
    assert [line[:10] for line in told.splitlines() if line.endswith("champion")] == ["2026-03-31"]


def test_every_roll_back_goes_one_champion_further_back_until_there_is_none(lake: Lake, run: Run) -> None:
    for first_night, training in (("06-02", "2026-03-31"), ("06-03", "2026-04-30"), ("06-04", "2026-05-31")):
        assert run(*decided("promote", training, f"2026-{first_night}"))[0] == 0
    for day, falls_back_on in ((date(2026, 6, 4), APRIL), (date(2026, 6, 6), MARCH)):
        assert run(*decided("roll-back", "", day.isoformat()))[0] == 0
        assert champion_on(lake, day) == falls_back_on
    code, told = run(*decided("roll-back", "", "2026-06-07"))
    assert (code, champion_on(lake, date(2026, 6, 7))) == (2, MARCH)
    assert "no champion before the present one" in told
    assert run(*decided("promote", "2026-05-31", "2026-06-08"))[0] == 0
    assert run(*decided("roll-back", "", "2026-06-09"))[0] == 0
    assert champion_on(lake, date(2026, 6, 9)) == MARCH


def test_a_decision_that_is_overruled_before_its_first_night_is_named_and_never_fallen_back_on(
    lake: Lake, run: Run
) -> None:
    assert run(*decided("promote", "2026-03-31", "2026-04-05"))[0] == 0
    assert run(*decided("promote", "2026-04-30", "2026-06-20"))[0] == 0
    told = run(*decided("promote", "2026-05-31", "2026-06-10"))[1]
    assert "decision 2 (promote 2026-04-30-" in told
    assert "no longer counts: decision 3 overrules it from 2026-06-10 on" in told
    assert "decision 1 (" not in told
    assert champion_on(lake, date(2026, 6, 25)) == MAY
    assert run(*decided("roll-back", "", "2026-06-26"))[0] == 0
    assert champion_on(lake, date(2026, 6, 26)) == MARCH


def test_a_model_in_shadow_is_scored_from_its_night_until_it_is_retired(lake: Lake, run: Run) -> None:
    assert run(*decided("shadow", "2026-04-30", "2026-05-03"))[0] == 0
    assert run(*decided("shadow", "2026-05-31", "2026-06-02", "--kind", "scorecard"))[0] == 0
    assert run(*decided("retire", "2026-04-30", "2026-06-20"))[0] == 0
    assert shadows_on(lake, date(2026, 5, 2)) == [("trees", APRIL)]  # nobody has decided: that of the champion
    assert shadows_on(lake, date(2026, 6, 2)) == [("trees", APRIL), ("scorecard", MAY)]
    assert shadows_on(lake, date(2026, 6, 20)) == [("scorecard", MAY)]
    assert run(*decided("promote", "2026-05-31", "2026-06-25"))[0] == 0
    assert shadows_on(lake, date(2026, 6, 25)) == []  # what decides is not in its own shadow


def test_the_list_of_models_shows_what_the_coming_night_scores_in_shadow(lake: Lake, run: Run) -> None:
    def in_shadow() -> list[str]:
        return [" ".join(line.split()[:2]) for line in run("models")[1].splitlines() if "  in shadow" in line]

    assert in_shadow() == ["2026-03-31 trees"]  # nobody has decided: that of the champion
    assert run(*decided("shadow", "2026-04-30", "2026-05-03"))[0] == 0
    assert run(*decided("shadow", "2026-05-31", "2026-06-02", "--kind", "scorecard"))[0] == 0
    assert in_shadow() == ["2026-03-31 trees"]  # the decisions do not count yet
    close(lake, date(2026, 6, 3))
    assert in_shadow() == ["2026-04-30 trees", "2026-05-31 scorecard"]
    assert run(*decided("promote", "2026-05-31", "2026-06-04"))[0] == 0
    assert run(*decided("retire", "2026-04-30", "2026-06-04"))[0] == 0
    assert in_shadow() == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            decided("promote", "2026-03-31", "2026-04-04"),
            2,
            "the night of 2026-04-04 is closed; decide for a later one",
        ),
        (decided("promote", "2026-05-31", "2026-05-31"), 2, "from the night after its training at the earliest"),
        (decided("promote", "2026-02-28", "2026-04-05"), 3, "first run: python -m jobs.run train"),
        (decided("promote", "2026-03-31", "2026-04-05", why=" "), 2, "--why is empty or holds more than one line"),
        *(
            (
                decided("promote", "2026-03-31", "2026-04-05", why=f"a{sign}b"),
                2,
                "--why is empty or holds more than one",
            )
            for sign in "\n\r\t\x00\x1b\x85\u2028\u202e"
        ),
        (decided("roll-back", "", "2026-04-05"), 2, "no champion before the present one"),
        (decided("retire", "2026-03-31", "2026-04-05"), 2, "its trees are not in shadow; nothing to retire"),
    ],
)
def test_what_cannot_be_decided_is_refused_in_one_line(
    run: Run, lake: Lake, arguments: list[str], code: int, message: str
) -> None:
    found, told = run(*arguments)
    assert found == code
    assert message in told
    assert "\n" not in told
    assert Registry(lake.storage).decisions(ADDRESS) == ()


def test_a_training_that_cannot_be_read_does_not_hide_the_others(
    lake: Lake, run: Run, trained: dict[date, dict[str, Any]]
) -> None:
    publish(lake, Partition(ADDRESS, MARCH), {**trained[MARCH], "scorecard.json": {"format": 1}})
    torn = Path(lake.storage.root, Partition(ADDRESS, APRIL).manifest_key)  # type: ignore[attr-defined]
    torn.write_text("{", encoding="utf-8")
    code, told = run("models")
    first, trees, second, third = told.splitlines()
    assert code == 0
    assert first.startswith("2026-03-31  scorecard cannot be read: models/credit_score: scorecard.json")
    assert trees.startswith("2026-03-31  trees 2026-03-31-")
    assert second.startswith("2026-04-30  scorecard cannot be read: ")
    assert third.startswith("2026-05-31  scorecard 2026-05-31-")


@pytest.mark.parametrize("table", ["profiles/customer_profiles", "scores/explanations", "scores/shadow_scores"])
def test_a_night_is_closed_to_decisions_from_its_first_profile_or_score_on(lake: Lake, run: Run, table: str) -> None:
    close(lake, date(2026, 4, 7), table)
    code, told = run(*decided("promote", "2026-03-31", "2026-04-07"))
    assert (code, told.partition(": ")[2]) == (2, "the night of 2026-04-07 is closed; decide for a later one")
    assert run(*decided("promote", "2026-03-31", "2026-04-08"))[0] == 0


def test_a_backfill_sees_what_is_decided_between_two_of_its_nights(
    lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    road, champions = Road(read_settings(), lake), []

    def build_night(*_: Any, **__: Any) -> Summary:
        (found,) = road.resolver._input(CREDIT_SCORE, night(date(2026, 6, 5))).manifests
        champions.append(found.business_date)
        if len(champions) == 1:
            assert run(*decided("promote", "2026-03-31", "2026-06-05"))[0] == 0
        return Summary()

    monkeypatch.setattr("jobs.night.run_datasets", build_night)
    run_backfill(road, date(2026, 6, 4), date(2026, 6, 5), report=lambda _: None)
    assert champions == [MAY, MARCH]


def test_a_training_that_was_decided_on_is_never_replaced(
    lake: Lake, run: Run, trained: dict[date, dict[str, Any]]
) -> None:
    assert run(*decided("promote", "2026-03-31", "2026-04-05"))[0] == 0
    registry = Registry(lake.storage)
    registry.refuse_to_replace(ADDRESS, APRIL)
    with pytest.raises(RegistryError, match="decision 1 names this training, which is kept for good"):
        registry.refuse_to_replace(ADDRESS, MARCH)
    publish(lake, Partition(ADDRESS, MARCH), trained[MAY])  # somebody copies files by hand
    with pytest.raises(RegistryError, match="is not the model that decision 1 names"):
        champion_on(lake, date(2026, 4, 5))


def test_a_decision_that_was_altered_removed_or_broken_is_found(lake: Lake, run: Run) -> None:
    for start in ("2026-04-05", "2026-04-06", "2026-04-07"):
        assert run(*decided("promote", "2026-03-31", start))[0] == 0
    stored = lake.storage.read(key_of(ADDRESS))
    assert stored is not None
    lines = stored.body.decode().splitlines()
    altered = [json.dumps({**json.loads(line), "reason": "another"}, sort_keys=True) for line in lines]
    bare = json.dumps({name: value for name, value in json.loads(lines[2]).items() if name != "hash"}, sort_keys=True)
    for broken in (
        [altered[0], *lines[1:]],
        [*lines[:2], altered[2]],
        [*lines[:2], bare],
        lines[1:],
        [lines[0], lines[2]],
        [lines[0], "{}"],
        ["not json"],
    ):
        lake.storage.put_bytes(key_of(ADDRESS), "\n".join(broken).encode())
        with pytest.raises(
            RegistryError, match=r"_registry/models/credit_score.jsonl: decision \d .*; restore the file"
        ):
            Registry(lake.storage).decisions(ADDRESS)


def test_a_list_whose_end_was_cut_off_is_found_by_its_head(lake: Lake, run: Run) -> None:
    for start in ("2026-04-05", "2026-04-06", "2026-04-07"):
        assert run(*decided("promote", "2026-03-31", start))[0] == 0
    whole, head = (lake.storage.read(key) for key in (key_of(ADDRESS), head_key_of(ADDRESS)))
    assert whole is not None
    assert head is not None
    lines = whole.body.decode().splitlines(keepends=True)
    for kept in (2, 1, 0):
        lake.storage.put_bytes(key_of(ADDRESS), "".join(lines[:kept]).encode())
        with pytest.raises(RegistryError, match=f"decision {kept + 1} is missing: the end of the list was cut off"):
            Registry(lake.storage).decisions(ADDRESS)
    lake.storage.put_bytes(key_of(ADDRESS), whole.body)
    for broken in (b"", b"[]", b'{"count": 3}', head.body.replace(b'"count": 3', b'"count": 4')):
        lake.storage.put_bytes(head_key_of(ADDRESS), broken)
        with pytest.raises(RegistryError, match="restore the file from a backup"):
            Registry(lake.storage).decisions(ADDRESS)
    lake.storage.delete(head_key_of(ADDRESS))
    code, told = run(*decided("promote", "2026-03-31", "2026-04-08"))
    assert (code, "its head is gone" in told) == (2, True)
    lake.storage.put_bytes(head_key_of(ADDRESS), head.body)
    assert [one.number for one in Registry(lake.storage).decisions(ADDRESS)] == [1, 2, 3]


@pytest.mark.parametrize("writes_done", [1, 2])
def test_a_decision_that_is_cut_short_leaves_a_list_that_can_be_read_and_added_to(
    lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch, writes_done: int
) -> None:
    assert run(*decided("promote", "2026-03-31", "2026-04-05"))[0] == 0
    replace_stored = lake.storage.replace
    done: list[str] = []

    def crash(key: str, body: bytes, expected: str | None) -> str:
        if len(done) == writes_done:
            raise KeyboardInterrupt
        done.append(key)
        return replace_stored(key, body, expected)

    registry = Registry(lake.storage)
    (first,) = registry.decisions(ADDRESS)
    monkeypatch.setattr(lake.storage, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        registry.append(ADDRESS, first, after=first.hash)
    monkeypatch.undo()
    left = Registry(lake.storage).decisions(ADDRESS)
    assert len(left) == writes_done  # the list is the second of three bodies
    added = Registry(lake.storage).append(ADDRESS, first, after=left[-1].hash)
    assert [one.number for one in Registry(lake.storage).decisions(ADDRESS)] == list(range(1, added.number + 1))


def test_a_closed_night_keeps_the_model_it_was_closed_with_though_a_training_comes_late(lake: Lake) -> None:
    close(lake, date(2026, 5, 1), inputs={f"{ADDRESS}@2026-03-31": "0" * 64})
    assert champion_on(lake, date(2026, 5, 1)) == MARCH  # that of April was published after the night
    assert champion_on(lake, date(2026, 5, 2)) == APRIL
    close(lake, date(2026, 5, 3), "scores/explanations", inputs={f"{ADDRESS}#trees@2026-03-31": "0" * 64})
    assert champion_on(lake, date(2026, 5, 3)) == APRIL  # what was in shadow decided nothing


def test_two_people_who_decide_at_once_do_not_lose_a_decision(lake: Lake, run: Run) -> None:
    assert run(*decided("promote", "2026-03-31", "2026-04-05"))[0] == 0
    registry, other = Registry(lake.storage), Registry(lake.storage)
    (first,) = registry.decisions(ADDRESS)
    with ThreadPoolExecutor() as people:
        with lake.storage.lock(f"_registry.{ADDRESS.replace('/', '.')}", "the test", wait=False):
            decisions = [people.submit(one.append, ADDRESS, first, after=first.hash) for one in (registry, other)]
            assert not wait(decisions, timeout=0.3).done  # both see that somebody writes
            assert Registry(lake.storage).decisions(ADDRESS) == (first,)
        refused = [one.exception() for one in decisions]
    assert [type(one) for one in refused if one is not None] == [RegistryError]
    assert [one.number for one in Registry(lake.storage).decisions(ADDRESS)] == [1, 2]


def test_nobody_decides_on_a_list_they_did_not_see(lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for start, training in (("2026-06-02", "2026-03-31"), ("2026-06-03", "2026-04-30")):
        assert run(*decided("promote", training, start))[0] == 0
    _, last = seen = Registry(lake.storage).decisions(ADDRESS)
    append = Registry.append

    def overtaken(registry: Registry, address: str, decision: Decision, *, after: str) -> Decision:
        append(Registry(lake.storage), address, replace(last, reason="the quicker one"), after=last.hash)
        return append(registry, address, decision, after=after)

    monkeypatch.setattr(Registry, "append", overtaken)
    code, told = run(*decided("roll-back", "", "2026-06-04"))
    assert (code, "somebody else decided at this moment; look at the list" in told) == (2, True)
    reasons = [one.reason for one in Registry(lake.storage).decisions(ADDRESS)]
    assert reasons == [*(one.reason for one in seen), "the quicker one"]


def test_every_decision_says_who_when_and_why(lake: Lake, run: Run) -> None:
    run(*decided("promote", "2026-03-31", "2026-04-05", why="Gini 0.55 against 0.52"))
    (decision,) = Registry(lake.storage).decisions(ADDRESS)
    assert isinstance(decision, Decision)
    assert (decision.decided_by, decision.reason) == ("credit committee", "Gini 0.55 against 0.52")
    assert decision.decided_at.endswith("+00:00")
    assert decision.model_version.startswith("2026-03-31-")


def test_propensities_are_held_promoted_and_rolled_back_as_a_whole(lake: Lake, run: Run) -> None:
    address, rows = CHURN_MODEL.address, shoppers(10)
    for day in (MARCH, APRIL):
        publish(lake, Partition(address, day), churn.train(rows, as_of=day), CHURN_MODEL)

    def decides(day: date) -> date:
        (found,) = Resolver(lake, read_settings())._input(CHURN_MODEL, night(day)).manifests
        return found.business_date

    assert decides(date(2026, 5, 2)) == APRIL
    assert run(*decided("promote", "2026-03-31", "2026-05-01", "--model", "churn"))[0] == 0
    assert decides(date(2026, 5, 2)) == MARCH  # held: a newer one waits
    assert champion_on(lake, date(2026, 5, 2)) == APRIL  # the credit score is decided on apart
    assert run(*decided("promote", "2026-04-30", "2026-05-03", "--model", "churn"))[0] == 0
    assert run(*decided("roll-back", "", "2026-05-04", "--model", "churn"))[0] == 0
    assert [decides(date(2026, 5, day)) for day in (3, 4)] == [APRIL, MARCH]
    told = run("models", "--model", "churn")[1].splitlines()
    assert [line.split()[:2] for line in told[:2]] == [["2026-03-31", "propensity"], ["2026-04-30", "propensity"]]
    assert "roll_back propensity 2026-03-31-" in told[-1]
    files = churn.train(rows, as_of=MAY)
    publish(lake, Partition(address, MAY), {**files, "is_churned.json": {"format": 0}}, CHURN_MODEL)
    code, refused = run(*decided("promote", "2026-05-31", "2026-06-05", "--model", "churn"))
    assert (code, "models/churn: is_churned.json is not of format" in refused) == (2, True)
