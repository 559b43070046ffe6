"""Which published partitions a dataset is built from on a given night: answered from manifests alone, without Spark.

`jobs/input_frames.py` reads what is resolved here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

from jobs.errors import StepMissingError
from jobs.lake import Lake
from jobs.manifest import Manifest, Partition
from jobs.registry import Decision, Registry, RegistryError
from jobs.settings import Settings
from schemas.catalogue import children_of
from schemas.columns import CUSTOMER_ID, OBSERVATION_DATE
from schemas.customers.identities import IDENTITIES
from schemas.labels.credit_default import observation_dates
from schemas.table import Dataset, Describes, Document, Table

TRAINING_LAYERS = frozenset({"labels", "models"})
"""What a training publishes, and a night reads as the newest there is."""


@dataclass(frozen=True)
class Dates:
    """The day described and the last captured day that may be read; a night has both equal."""

    as_of: date
    known_by: date

    @property
    def is_replay(self) -> bool:
        """Whether later knowledge is used, so that the result is stored apart from the night's."""
        return self.known_by != self.as_of

    def partition(self, dataset: Dataset) -> Partition:
        """Where the dataset lives that is described by these dates."""
        return Partition(dataset.address, self.as_of, known_by=self.known_by if self.is_replay else None)

    def __str__(self) -> str:
        """As the log and the errors show it."""
        return f"{self.as_of} known by {self.known_by}" if self.is_replay else f"{self.as_of}"


def night(business_date: date) -> Dates:
    """The dates of the run that closes `business_date`."""
    return Dates(as_of=business_date, known_by=business_date)


@dataclass(frozen=True)
class Input:
    """One parent of a build: partitions to read, or, for a day that nobody published, what to assemble it from."""

    dataset: Dataset
    dates: Dates
    manifests: tuple[Manifest, ...] = ()
    assembled_from: tuple[Input, ...] = ()
    handed_as: str = ""  # the argument of `build`; empty: by its position among the parents
    challengers: tuple[tuple[str, Manifest], ...] | None = None  # kind and training, for readers that ask for them

    @property
    def rows(self) -> int:
        """The rows that are read, those of the ancestors when the parent is assembled."""
        return sum(manifest.rows for manifest in self.manifests) + sum(part.rows for part in self.assembled_from)

    def digests(self) -> Iterator[tuple[str, str]]:
        """Address and date of every partition read, with its digest."""
        for manifest in self.manifests:
            yield f"{manifest.address}@{manifest.business_date}", manifest.digest
        for kind, manifest in self.challengers or ():
            yield f"{manifest.address}#{kind}@{manifest.business_date}", manifest.digest
        for part in self.assembled_from:
            yield from part.digests()


@dataclass
class Resolver:
    """Finds the partitions a build reads; every manifest is read once in a process."""

    lake: Lake
    settings: Settings
    _manifests: dict[str, Manifest | None] = field(default_factory=dict)

    @cached_property
    def registry(self) -> Registry:
        """Which models decide, read once until `forget_models`."""
        return Registry(self.lake.storage)

    def manifest(self, partition: Partition) -> Manifest | None:
        """The partition's manifest, or None when nothing is published there."""
        if partition.manifest_key not in self._manifests or self._manifests[partition.manifest_key] is None:
            self._manifests[partition.manifest_key] = self.lake.manifest(partition)
        return self._manifests[partition.manifest_key]

    def published(self, dataset: Dataset, dates: Dates) -> Input:
        """The dataset's own partition; StepMissingError when nothing is published there."""
        return Input(dataset, dates, (self._published(dataset, dates),))

    def forget(self, partition: Partition) -> None:
        """Read the manifest anew next time, since it was just published."""
        self._manifests.pop(partition.manifest_key, None)

    def forget_models(self) -> None:
        """Look anew which models there are and which decide: a night must not be scored by what another night knew."""
        self.registry.forget()
        for key in [key for key in self._manifests if key.startswith("models/")]:
            del self._manifests[key]

    def inputs(self, dataset: Dataset, dates: Dates) -> tuple[Input, ...]:
        """The parents in the order of the contract, the observed ones for each observation date, then earlier nights.

        StepMissingError names the first partition that is not there and the command that builds it.
        """
        is_of_night = dataset.layer not in TRAINING_LAYERS
        found = [
            self._learnt(parent, dates)
            if is_of_night and parent.layer in TRAINING_LAYERS
            else self._input(parent, dates)
            for parent in dataset.built_from
        ]
        if isinstance(dataset, Table):
            if dataset.reads_challengers:
                found = [self._with_challengers(parent) for parent in found]
            for observation_date in observed_on(dataset, dates.as_of):
                observed = Dates(as_of=observation_date, known_by=dates.known_by)
                found += [self._input(parent, observed) for parent in dataset.observed]
            if dataset.reads_previous_night and dates.as_of > self.settings.first_business_date:
                before = night(dates.as_of - timedelta(days=1))
                found += self._previous(dataset, before)
            found += self._earlier(dataset, dates)
        return tuple(found)

    def _previous(self, table: Table, before: Dates) -> list[Input]:
        """What the table reads of the night before: all of it, or nothing where it may start later."""
        if table.may_start_late and self.manifest(before.partition(table)) is None:
            return []
        names = names_of_night_before(table)
        return [Input(of, before, (self._published(of, before),), handed_as=name) for name, of in names.items()]

    def _earlier(self, dataset: Table, dates: Dates) -> Iterator[Input]:
        """Those nights further back that are published."""
        for earlier in dataset.earlier:
            before, of = night(dates.as_of - timedelta(days=earlier.days)), earlier.of or dataset
            manifest = self.manifest(before.partition(of))
            if manifest is not None:
                yield Input(of, before, (manifest,), handed_as=earlier.name)

    def _learnt(self, parent: Dataset, dates: Dates) -> Input:
        """What a training publishes, as a night reads it: the model that decides, or else the newest before the night.

        Once the night is closed it is what the night was closed with: a training that comes late changes nothing.
        """
        decision = self.registry.champion(parent.address, dates.known_by) if isinstance(parent, Document) else None
        if decision is not None:
            return Input(parent, dates, (self._decided(parent, decision),))
        kept = self._kept(parent, dates)
        if kept is not None:
            return Input(parent, dates, (self._published(parent, night(kept)),))
        return Input(parent, dates, (self._newest(parent, dates),))

    def _kept(self, parent: Dataset, dates: Dates) -> date | None:
        """The day of the training that the manifests of the closed night name; None while the night is open."""
        for child in children_of(parent):
            manifest = None
            if child.layer not in TRAINING_LAYERS:
                manifest = self.manifest(night(dates.known_by).partition(child))
            for name in () if manifest is None else manifest.inputs:
                if name.startswith(f"{parent.address}@"):
                    return date.fromisoformat(name.split("@")[1])
        return None

    def _input(self, parent: Dataset, dates: Dates) -> Input:
        if isinstance(parent, Document):
            return self._learnt(parent, dates)
        if parent.layer == "captured":
            days = _days(self.settings.first_business_date, dates.known_by)
            return Input(parent, dates, tuple(self._published(parent, night(day)) for day in days))
        if parent.describes is Describes.KNOWLEDGE:
            return Input(parent, dates, (self._published(parent, night(dates.known_by)),))
        if dates.is_replay and self.manifest(dates.partition(parent)) is None:
            return Input(parent, dates, assembled_from=self.inputs(parent, dates))
        return Input(parent, dates, (self._published(parent, dates),))

    def _published(self, dataset: Dataset, dates: Dates) -> Manifest:
        manifest = self.manifest(dates.partition(dataset))
        if manifest is None:
            raise StepMissingError(
                f"{dataset.address} {dates}: not published, and this is built from it; "
                f"first run: python -m jobs.run {dataset.address} --business-date {dates.as_of}"
            )
        return manifest

    def _with_challengers(self, parent: Input) -> Input:
        """The same input with the models in shadow; while nobody has decided, the challenger of its own training."""
        if not isinstance(parent.dataset, Document):
            return parent
        decisions = self.registry.challengers(parent.dataset.address, parent.dates.known_by)
        if decisions is None:
            return replace(parent, challengers=tuple(("trees", manifest) for manifest in parent.manifests))
        return replace(parent, challengers=tuple((d.kind, self._decided(parent.dataset, d)) for d in decisions))

    def _decided(self, document: Dataset, decision: Decision) -> Manifest:
        manifest = self._published(document, night(decision.trained_on))
        if manifest.digest != decision.digest:
            raise RegistryError(
                f"{document.address} {decision.trained_on}: is not the model that decision {decision.number} names "
                f"({decision.model_version}); restore it, or promote the one that is there"
            )
        return manifest

    def _newest(self, learnt: Dataset, dates: Dates) -> Manifest:
        """While nobody has decided and the night is open."""
        earlier = [day for day in self.lake.partitions(learnt.address) if day < dates.known_by]
        if not earlier:
            first = self.settings.first_business_date
            day = max(first, dates.known_by - timedelta(days=1))
            scored = "; the first night itself has no scores" if dates.known_by <= first else ""
            raise StepMissingError(
                f"{learnt.address}: none is published for a day before {dates.known_by} (a model counts from the "
                f"night after its training{scored}); first run: python -m jobs.run train --business-date {day}"
            )
        return self._published(learnt, night(max(earlier)))


def names_of_night_before(table: Table) -> dict[str, Dataset]:
    """What `build` is handed of the night before, by the argument's name."""
    return {"previous": table} | {f"previous_{one.name}": one for one in table.also_previous}


def observed_on(table: Table, as_of: date) -> list[date]:
    """The observation dates on which the table sees its observed parents, oldest first."""
    if not table.observed:
        return []
    days = observation_dates(as_of)
    return days[-1:] if table.observes_newest_only else days


def rows_at_most(table: Table, inputs: Sequence[Input]) -> int:
    """About how many rows a build makes at the most: as many as its largest parent has.

    Of one row per customer as many as there are records of people, where the table is built from those.
    """
    is_by_customer = {*table.key} <= {CUSTOMER_ID.name, OBSERVATION_DATE.name}
    records = [parent.rows for parent in inputs if parent.dataset == IDENTITIES]
    return max(records if is_by_customer and records else [parent.rows for parent in inputs], default=0)


def digests_of(inputs: Sequence[Input]) -> dict[str, str]:
    """What a manifest records of its inputs: a digest for each dataset and date, captured days folded into one."""
    flat = dict(pair for parent in inputs for pair in parent.digests())
    captured_days: dict[str, list[str]] = {}
    result: dict[str, str] = {}
    for name, digest in sorted(flat.items()):
        if name.startswith("captured/"):
            captured_days.setdefault(name.split("@")[0], []).append(f"{name}={digest}")
        else:
            result[name] = digest
    for address, days in captured_days.items():
        first, last = days[0].split("@")[1][:10], days[-1].split("@")[1][:10]
        result[f"{address}@{first}..{last}"] = hashlib.sha256("\n".join(days).encode()).hexdigest()
    return dict(sorted(result.items()))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
