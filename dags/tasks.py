"""The kinds of task a night is made of, and the order between them; both follow from the contracts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, BaseOperator, BaseSensorOperator, Context, TaskGroup

from dags.command import NOT_YET, Command, succeed
from dags.schedule import business_date_of
from dags.spark import START, STOP, StartSpark, StopSpark, spark_environment
from schemas.table import BankTable, Dataset, Table

if TYPE_CHECKING:
    from pydantic import JsonValue

BANKS = "captured/banks"
"""All tables of the banks are one unit of work: each bank is read in one snapshot, so that its tables agree."""

DATA_DOCS = "data_docs.write"

SECONDS_BETWEEN_LOOKS = float(os.environ.get("NIGHTLEDGER_SECONDS_BETWEEN_LOOKS") or 60)
SECONDS_TO_WAIT = 18 * 3600.0  # what has not been delivered by the next evening needs a person


class BuildDatasets(BaseOperator):
    """Builds, checks and publishes the datasets of one address with the project's own command line.

    Each dataset is an outlet; its asset event carries the number of rows and whether anything was published.
    """

    ui_color = "#e8f4ea"
    _command: Command | None = None

    def __init__(self, *, address: str, datasets: Sequence[Dataset], **others: Any) -> None:
        super().__init__(outlets=[asset_of(dataset) for dataset in datasets], **others)
        self.address = address
        self.needs_spark = any(dataset.layer != "captured" for dataset in datasets)

    def execute(self, context: Context) -> None:
        """Run the command; its exit code decides between done, red at once and another try."""
        business_date = str(business_date_of(context))
        environment = spark_environment(context, self.log.info) if self.needs_spark else {}
        arguments = ("jobs.run", self.address, "--business-date", business_date)
        self._command = Command(arguments, environment=environment)
        outcome = succeed(self._command.run(self.log.info))
        counts = {str(result.get("dataset")): _counts_in(result) for result in outcome.results}
        for outlet in self.outlets:
            context["outlet_events"][outlet].extra = counts.get(outlet.name, {}) | {"business_date": business_date}

    def on_kill(self) -> None:
        """End the command and everything it started."""
        if self._command:
            self._command.end()


class WaitUntilDelivered(BaseSensorOperator):
    """Waits for a partner's delivery of the day, holding no worker between two looks."""

    _command: Command | None = None

    def __init__(self, *, partner: str, **others: Any) -> None:
        super().__init__(mode="reschedule", poke_interval=SECONDS_BETWEEN_LOOKS, timeout=SECONDS_TO_WAIT, **others)
        self.partner = partner

    def poke(self, context: Context) -> bool:
        """Whether the partner itself says that the day is complete."""
        arguments = ("jobs.run", "ready", self.partner, "--business-date", str(business_date_of(context)))
        self._command = Command(arguments)
        outcome = self._command.run(self.log.info)
        return outcome.exit_code != NOT_YET and bool(succeed(outcome))

    def on_kill(self) -> None:
        """End the look."""
        if self._command:
            self._command.end()


class WriteDataDocs(BaseOperator):
    """Writes the pages that show every check of every night, the failed ones too, into the scratch folder."""

    _command: Command | None = None

    def execute(self, context: Context) -> None:  # noqa: ARG002  what was checked is known by its files
        """The pages are those of `python -m jobs.run data-docs`."""
        self._command = Command(("jobs.run", "data-docs"))
        succeed(self._command.run(self.log.info))

    def on_kill(self) -> None:
        """End the writing; each page is written anew by the next run."""
        if self._command:
            self._command.end()


def add_dataset_tasks(datasets: Iterable[Dataset]) -> Mapping[str, BaseOperator]:
    """One task for each unit of work, grouped by layer, after the tasks of its parents; keyed by dataset address."""
    units = units_of_work(datasets)
    groups: dict[str, TaskGroup] = {}
    tasks: dict[str, BaseOperator] = {}
    for address, members in units.items():
        layer, name = address.split("/")
        if layer not in groups:
            groups[layer] = TaskGroup(layer, tooltip=f"the layer {layer}")
        task = BuildDatasets(
            task_id=name,
            task_group=groups[layer],
            address=address,
            datasets=members,
            doc_md="\n".join(f"**{member.address}**: {member.grain}.\n" for member in members),
        )
        tasks |= {member.address: task for member in members}
        parents = {parent.address for member in members for parent in member.built_from}
        task.set_upstream([tasks[parent] for parent in sorted(parents) if parent in tasks])
    return tasks


def add_readiness(tasks: Mapping[str, BaseOperator], datasets: Iterable[Dataset]) -> None:
    """Every captured task waits for the delivery of its partner."""
    with TaskGroup("ready", tooltip="has the partner delivered?"):
        waits = {partner: WaitUntilDelivered(task_id=partner, partner=partner) for partner in ("shop", "banks")}
    for dataset in datasets:
        if isinstance(dataset, Table) and dataset.source is not None:
            waits[partner_of(dataset)].set_downstream(tasks[dataset.address])


def add_spark(tasks: Mapping[str, BaseOperator]) -> None:
    """One Spark for the run: every task that needs it comes after the start, and the stop after all of them.

    The stop follows each task, not only the last ones: when one fails, its descendants are over at once, while tasks
    beside it still need the server.
    """
    # Dots in the names and no group: a group that is both first and last would tie the picture of the night in a knot.
    start = StartSpark(task_id=START)
    stop = StopSpark(task_id=STOP).as_teardown(setups=start)
    for task in tasks.values():
        if isinstance(task, BuildDatasets) and task.needs_spark:
            start >> task >> stop


def add_data_docs(tasks: Mapping[str, BaseOperator]) -> None:
    """The pages follow every task, red or green; as a tear-down, they do not decide what the run is."""
    pages = WriteDataDocs(task_id=DATA_DOCS).as_teardown()
    pages.set_upstream(list({task.task_id: task for task in tasks.values()}.values()))


def units_of_work(datasets: Iterable[Dataset]) -> Mapping[str, Sequence[Dataset]]:
    """The address of every task and the datasets it publishes, in the order of the contracts."""
    units: dict[str, list[Dataset]] = {}
    for dataset in datasets:
        is_of_banks = isinstance(dataset, Table) and isinstance(dataset.source, BankTable)
        units.setdefault(BANKS if is_of_banks else dataset.address, []).append(dataset)
    return units


def partner_of(dataset: Table) -> str:
    """Whose delivery a captured table comes with: the bank tables', or the drop in which the shop's files lie."""
    return "banks" if isinstance(dataset.source, BankTable) else "shop"


def asset_of(dataset: Dataset) -> Asset:
    """The asset under which Airflow knows the dataset; the address is its name in every installation."""
    return Asset(name=dataset.address, uri=f"nightledger://{dataset.address}", group="nightledger")


def _counts_in(result: Mapping[str, object]) -> dict[str, JsonValue]:
    """What the metadata database may keep of a result: a count and a state, nothing from the data."""
    return {"rows": int(str(result.get("rows", 0))), "state": str(result.get("state", ""))}
