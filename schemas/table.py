"""The language in which contracts are written: columns, tables, documents and where a captured table comes from.

A contract is the page a newcomer reads first. Everything that can follow from it does, and is written nowhere else:
the arguments of `build`, the not-null and unique-key checks, the order of the night, Spark and Arrow types, the
comments in the Parquet files, the data dictionary and the columns of the wide profile.

This module and every contract import the standard library only, so a DAG file that reads all contracts parses in
milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from schemas.label_specification import LabelSpecification

LAYERS = (
    "captured",
    "cleaned",
    "customers",
    "edges",
    "features",
    "labels",
    "models",
    "profiles",
    "scores",
    "segments",
    "shared",
)
"""Left to right is the direction in which data flows; a contract imports from its own layer and those to its left."""

SCALAR_TYPES = frozenset({"string", "int", "bigint", "double", "boolean", "date", "timestamp", "binary"})

PERSONAL_KINDS = ("name", "given_name", "phone", "email", "national_id", "address", "ip_address")
"""The kinds of personal data; each has its own normal form, and its own domain in the token's message."""


class ContractError(ValueError):
    """A contract contradicts itself: the message names the dataset and what to change."""


@dataclass(frozen=True)
class Column:
    """One column: its name, its type and its meaning in one sentence.

    type: string, int, bigint, double, boolean, date, timestamp (UTC, microseconds), binary, array<T> or
        array<struct<name:T,...>> of those.
    missing: what a null means here; left empty, the column is never null.
    allowed: the complete set of values of a category; a value outside it is refused, never swallowed.
    personal: the kind of personal data the source column holds; the lake holds only its keyed token.
    source_name: the name in the source, where it differs from the name in the lake.
    encodes: the token beside which a captured table keeps a similarity encoding of the same personal value.
    taken_from: the token from whose personal value this one is taken, as the given name from the full name.
    """

    name: str
    type: str
    meaning: str
    missing: str = ""
    allowed: tuple[str, ...] = ()
    personal: str = ""
    source_name: str = ""
    encodes: str = ""
    taken_from: str = ""

    @property
    def is_nullable(self) -> bool:
        """Whether a null is allowed, because the contract says what it means."""
        return bool(self.missing)

    @property
    def is_made_at_capture(self) -> bool:
        """Whether it is made of another column's personal value, and no column of the source's own."""
        return bool(self.encodes or self.taken_from)

    @property
    def name_in_source(self) -> str:
        """The name under which the source delivers the column."""
        return self.source_name or self.name


@dataclass(frozen=True)
class FileDrop:
    """A captured table that arrives as files on S3 beside a manifest, once a day."""

    table: str
    file_format: Literal["csv.gz", "jsonl.gz", "parquet"]


@dataclass(frozen=True)
class BankTable:
    """A captured table that is pulled from every partner bank's PostgreSQL, one day's slice of `changed` at a time."""

    table: str
    changed: str


class Describes(Enum):
    """What the rows of a partition describe, and so which partition a reader at another `as_of` needs."""

    KNOWLEDGE = "knowledge"
    """Facts that carry their own moments, or the state of our knowledge (who is who): the partition of the night
    `known_by` serves every earlier `as_of`."""

    DAY = "day"
    """The state on one day: a reader with another `as_of` needs it built again for that day."""


@dataclass(frozen=True)
class Dataset:
    """What tables and documents have in common: an address, a grain and parents."""

    module: str
    grain: str
    built_from: tuple[Dataset, ...] = ()
    describes: Describes = Describes.DAY

    def __post_init__(self) -> None:
        """Refuse an address that is not `schemas.<layer>.<dataset>` and parents further right than this layer."""
        words = self.module.split(".")
        if len(words) != 3 or words[0] != "schemas" or words[1] not in LAYERS:
            raise ContractError(f"{self.module}: a contract lives in schemas/<layer>/<dataset>.py; layers: {LAYERS}")
        for parent in self.built_from:
            if LAYERS.index(parent.layer) > LAYERS.index(self.layer):
                raise ContractError(f"{self.address}: cannot be built from {parent.address}, a layer to its right")

    @property
    def layer(self) -> str:
        """The first half of the address."""
        return self.module.split(".")[1]

    @property
    def name(self) -> str:
        """The second half of the address."""
        return self.module.split(".")[2]

    @property
    def address(self) -> str:
        """`<layer>/<dataset>`: the same in schemas/, jobs/, expectations/, tests/ and in the lake."""
        return f"{self.layer}/{self.name}"


@dataclass(frozen=True)
class Earlier:
    """The partition of an earlier night that a build reads where it is published, and does without where it is not.

    name: the argument of `build`; None is handed over where nothing is published.
    days: so many days before `as_of`. of: the dataset; None is the one that reads.
    What is read are the columns that were published then and that the contract still has, of the same type.
    """

    name: str
    days: int
    of: Dataset | None = None


@dataclass(frozen=True)
class Table(Dataset):
    """A dataset of rows, published as Parquet.

    key: the columns that name a row; never null, unique, and the order of the rows in the files.
    arranged_by: a moment before the key in that order, of a table that is read for some of its days: a reader then
        skips what lies outside them, and what a night reads does not grow with the years of history.
    source: where a captured table comes from; only captured tables have one.
    may_be_empty: whether a night without a single row is believable.
    reads_previous_night: whether yesterday's partition of the same dataset is an input, named `previous` in `build`.
    goes_on_from_previous_night: whether yesterday's partition, where there is one, can spare `build` work; it comes as
        `previous`, None without one, and the result is the same either way.
    may_start_late: whether a night is built without the night before where that has no partition yet, as after a
        training alone; otherwise that is an error.
    also_previous: parents whose partition of yesterday is handed over beside it, named `previous_<dataset>` in `build`.
    earlier: partitions of nights further back, each handed over by its name.
    observed: parents that are read at every monthly observation date instead of at `as_of`: `build` is called once for
        each of those dates, with `as_of` set to it, and what it returns is appended in the order of the dates.
    observes_newest_only: whether only the newest of those dates is seen.
    reads_challengers: whether a document among the parents comes with the models that are scored in shadow.
    needs: the names of settings that `build` takes beside its parents (for example keys of recipients).
    specifications: of a table of labels, what is asked of whom and when it is certain.
    """

    key: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    arranged_by: str = ""
    source: FileDrop | BankTable | None = None
    may_be_empty: bool = False
    reads_previous_night: bool = False
    goes_on_from_previous_night: bool = False
    may_start_late: bool = False
    also_previous: tuple[Dataset, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    observed: tuple[Dataset, ...] = ()
    observes_newest_only: bool = False
    reads_challengers: bool = False
    needs: tuple[str, ...] = ()
    specifications: tuple[LabelSpecification, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a contract without key, with doubled columns, or with words nobody defined."""
        super().__post_init__()
        names = [column.name for column in self.columns]
        doubled = sorted({name for name in names if names.count(name) > 1})
        wrong_keys = [name for name in self.key if name not in names or self.column(name).is_nullable]
        wrong_types = [column.name for column in self.columns if not is_known_type(column.type)]
        wrong_kinds = [c.name for c in self.columns if c.personal and c.personal not in PERSONAL_KINDS]
        personal = {c.name for c in self.columns if c.personal}
        wrong_encodings = [
            c.name for c in self.columns if c.encodes and (c.type != "binary" or c.encodes not in personal)
        ]
        wrong_parts = [
            c.name for c in self.columns if c.taken_from and (not c.personal or c.taken_from not in personal - {c.name})
        ]
        problems = [
            f"{what}: {', '.join(which)}"
            for what, which in (
                ("columns given twice", doubled),
                ("key columns that are missing or nullable", wrong_keys),
                ("columns of unknown type", wrong_types),
                ("columns of an unknown kind of personal data", wrong_kinds),
                ("encodings that are not binary, or of no token in the table", wrong_encodings),
                ("parts that are no token, or of no token in the table", wrong_parts),
                ("read again of yesterday and no parents", self._no_parents()),
                ("a table without key", [] if self.key else ["key"]),
                ("arranged by what is no moment of the table", self._no_moment()),
                ("earlier nights that are none", [one.name for one in self.earlier if one.days < 1]),
                (
                    "captured without source, or source without captured",
                    [] if (self.layer == "captured") == (self.source is not None) else ["source"],
                ),
            )
            if which
        ]
        if problems:
            raise ContractError(f"{self.address}: {'; '.join(problems)}")

    def _no_parents(self) -> list[str]:
        parents = {parent.address for parent in self.built_from} if self._has_night_before else set()
        return [one.address for one in self.also_previous if one.address not in parents]

    @property
    def _has_night_before(self) -> bool:
        return self.reads_previous_night or self.goes_on_from_previous_night

    def _no_moment(self) -> list[str]:
        moments = {column.name for column in self.columns if column.type == "timestamp"}
        return [self.arranged_by] if self.arranged_by and self.arranged_by not in moments else []

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names in the order in which they are published."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.address} has no column {name}")


@dataclass(frozen=True)
class Document(Dataset):
    """A dataset that is not rows: a few named files, such as a scorecard with its report.

    files: name -> what the file holds. A name that ends in .json is handed to readers parsed, .txt as text, others not.
    A reader takes the document that the registry names as champion on the night it builds, or, while nobody has
    promoted one, the newest published *before* that night. A night that is closed keeps the one it was closed with, so
    training never changes a past night.
    """

    files: tuple[tuple[str, str], ...] = ()


def is_known_type(text: str) -> bool:
    """Whether `text` is a scalar type, an array of one, or an array of structs of them."""
    if text in SCALAR_TYPES:
        return True
    if not (text.startswith("array<") and text.endswith(">")):
        return False
    element = text[len("array<") : -1]
    if element.startswith("struct<") and element.endswith(">"):
        fields = element[len("struct<") : -1].split(",")
        return all(":" in field and field.split(":", 1)[1] in SCALAR_TYPES for field in fields)
    return element in SCALAR_TYPES


def ancestors(dataset: Dataset) -> Iterator[Dataset]:
    """Every dataset that `dataset` is built from, directly or not, each once, parents before children."""
    seen: set[str] = set()

    def walk(child: Dataset) -> Iterator[Dataset]:
        observed = child.observed if isinstance(child, Table) else ()
        for parent in (*child.built_from, *observed):
            if parent.address not in seen:
                seen.add(parent.address)
                yield from walk(parent)
                yield parent

    return walk(dataset)
