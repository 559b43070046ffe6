"""The whole product in one command: partners, a first training, one night by a real Airflow, and its result."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from demo.airflow import Airflow, AirflowError, airflow_standalone
from demo.session import partners_up, run_module

DAG = "nightly"
SECONDS_FOR_A_NIGHT = 1800  # on a slow and busy machine
SECONDS_BETWEEN_QUESTIONS, SECONDS_BETWEEN_REPORTS = 2, 10
"""Who answers is the Airflow that runs the night on the same two cores, and all tasks take it longer than one run."""
WIDTH = 400  # a terminal breaks a long line, and so hides no column


class TourError(RuntimeError):
    """A step of the tour did not work; the message names it, and its own output said why."""


def tour(folder: Path, *world: str) -> None:
    """Show the product from nothing to segments, leaving the lake in `folder` and nothing running."""
    begin = time.monotonic()
    with partners_up(folder, *world) as environment:
        first = date.fromisoformat(environment["NIGHTLEDGER_FIRST_BUSINESS_DATE"])
        night = first + timedelta(days=1)
        close_the_first_day(begin, environment)
        _say(begin, f"Airflow starts; its scheduler closes {night}")
        scheduled = {"NIGHTLEDGER_SCHEDULE_FROM": str(night), "NIGHTLEDGER_SCHEDULE_UNTIL": str(night)}
        with airflow_standalone(folder / "airflow", {**environment, **scheduled}) as airflow:
            _say(begin, f"web UI for as long as the night lasts: {airflow.url}, password in {airflow.password_file}")
            airflow.unpause(DAG)
            watch(airflow, night, partial(_say, begin))
        _say(begin, "everything is stopped; here is what the night published")
        show(Path(environment["NIGHTLEDGER_LAKE"]), night)
    _say(begin, f"lake: {folder / 'lake'}; checks: {folder / 'scratch' / 'data_docs' / 'index.html'}")


def close_the_first_day(begin: float, environment: Mapping[str, str]) -> None:
    """Capture the history and learn the first model from it: every later night needs both. Done before, it is quick."""
    first = environment["NIGHTLEDGER_FIRST_BUSINESS_DATE"]
    _say(begin, f"training on {first}: two years of history, captured, cleaned, labelled")
    if run_module(environment, "jobs.run", "train", "--business-date", first, output=subprocess.DEVNULL):
        raise TourError(f"training on {first} failed")


def published(lake: Path, dataset: str, business_date: date) -> list[str]:
    """The files of a published partition, as its manifest lists them."""
    partition = lake / dataset / f"business_date={business_date}"
    manifest = json.loads((partition / "_manifest.json").read_text(encoding="utf-8"))
    return [str(partition / file["name"]) for file in manifest["files"]]


def show(lake: Path, night: date) -> None:
    """Three rows of the result, and how many customers each segment holds."""
    files = {name: published(lake, name, night) for name in ("segments/customer_segments", "scores/customer_scores")}
    segments, scores = files.values()
    joined = duckdb.read_parquet(segments).join(duckdb.read_parquet(scores), "customer_id")
    rows = joined.filter("is_eligible AND NOT is_hold_out AND len(reasons) > 0").project(
        "customer_id, segment, contact_channel, score, round(default_probability, 4) AS default_probability, grade, "
        "reasons[1].text AS first_reason"
    )
    rows.order("score DESC, customer_id").limit(3).show(max_width=WIDTH, max_col_width=WIDTH)
    counts = joined.aggregate(
        "segment, count(*) AS customers, count(*) FILTER (is_eligible) AS eligible, "
        "count(*) FILTER (is_hold_out) AS held_out, round(avg(default_probability), 4) AS default_probability"
    )
    counts.order("customers DESC, segment").show(max_width=WIDTH)


def watch(airflow: Airflow, night: date, say: Callable[[str], None]) -> None:
    """Say how far the scheduler's run is until it is done."""
    deadline, run_id, next_report = time.monotonic() + SECONDS_FOR_A_NIGHT, "", time.monotonic()
    while (now := time.monotonic()) < deadline:
        run_id = run_id or next((run["dag_run_id"] for run in airflow.runs(DAG) if run["run_type"] == "scheduled"), "")
        state = airflow.run(DAG, run_id)["state"] if run_id else ""
        if state == "success":
            return
        if state == "failed":
            red = ", ".join(str(task["task_id"]) for task in airflow.tasks(DAG, run_id) if task["state"] == "failed")
            raise TourError(f"the night of {night} is red: {red}; its logs are in {airflow.home / 'logs'}")
        if run_id and now >= next_report:
            next_report = now + SECONDS_BETWEEN_REPORTS
            tasks = airflow.tasks(DAG, run_id)
            done = sum(task["state"] in {"success", "skipped"} for task in tasks)
            say(f"{done} of {len(tasks)} tasks done{_running(tasks)}")
        time.sleep(SECONDS_BETWEEN_QUESTIONS)
    raise AirflowError(f"the night of {night} did not end within {SECONDS_FOR_A_NIGHT} s: see {airflow.log}")


def _running(tasks: Any) -> str:
    running = sorted(str(task["task_id"]) for task in tasks if task["state"] == "running")
    return f", now {', '.join(running)}" if running else ""


def keep_airflow(folder: Path, *world: str) -> None:
    """Airflow with its web UI over the demo's partners until Ctrl-C; its first night finds a model to score with."""
    begin = time.monotonic()
    with partners_up(folder, *world) as environment:
        close_the_first_day(begin, environment)
        code = run_module(_from_the_second_day(environment), "demo.airflow", "--home", str(folder / "airflow"))
        if code:
            raise TourError("Airflow did not run; its last line says why")


def _from_the_second_day(environment: Mapping[str, str]) -> Mapping[str, str]:
    first = date.fromisoformat(environment["NIGHTLEDGER_FIRST_BUSINESS_DATE"])
    days = {
        "NIGHTLEDGER_SCHEDULE_FROM": str(first + timedelta(days=1)),
        "NIGHTLEDGER_SCHEDULE_UNTIL": str(first + timedelta(days=7)),
    }
    return {**environment, **days}


def _say(begin: float, what: str) -> None:
    print(f"[{time.monotonic() - begin:5.0f} s] {what}", file=sys.stderr, flush=True)  # noqa: T201
