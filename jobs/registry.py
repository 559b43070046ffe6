"""Which models decide and which are tried beside them: decisions of people, kept for good and never changed.

    registry = Registry(lake.storage)
    registry.champion(address, night)      the newest decision that names a champion for the night, or None
    registry.challengers(address, night)   decisions on models in shadow, or None while nobody has decided
    registry.append(address, ..., after=)  one more decision; RegistryError when another one came in between

A decision counts from a night that is not closed yet, so a night that is replayed finds the champion it was scored by.
Each decision is stored with its own hash and holds that of the one before, and a head beside the list holds their
number and the last hash. So reading the list finds a decision that was altered, one that was removed or put in before
another, and that the last ones were cut off. It does not find a list and a head that somebody wrote anew with hashes
that fit: the hashes have no key. Against that, keep copies elsewhere.

The head is written twice for each decision: before it, naming the one to come, and after it. So a crash in between
leaves a head that fits the list with the decision and the list without it, and no moment at which it fits neither.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from jobs.lake_errors import ChangedMeanwhileError
from jobs.manifest import check_address
from jobs.storage import Storage, Stored

PROMOTE, ROLL_BACK, SHADOW, RETIRE = "promote", "roll_back", "shadow", "retire"
NAMING_A_CHAMPION = (PROMOTE, ROLL_BACK)
FIRST = ""
READS = 3
"""Of head and list, which are two bodies: between the two, somebody may add a decision, and once more after that."""


class RegistryError(ValueError):
    """A decision cannot be taken or read; the message says why and what to do."""

    exit_code = 2  # the same command fails again


@dataclass(frozen=True)
class Decision:
    """One decision of a person on one model.

    kind: "scorecard", "trees" or "propensity". trained_on: business date of the training. digest: of its manifest, so
    that no other model can take its place. counts_from: the first night that follows it. previous: hash of the decision
    before.
    """

    number: int
    action: str
    kind: str
    trained_on: date
    model_version: str
    digest: str
    counts_from: date
    decided_by: str
    reason: str
    decided_at: str
    previous: str = FIRST

    @property
    def hash(self) -> str:
        """SHA-256 over everything in it."""
        return hashlib.sha256(json.dumps(self.content(), sort_keys=True).encode()).hexdigest()

    def content(self) -> dict[str, Any]:
        """As it is stored."""
        dates = {"trained_on": self.trained_on.isoformat(), "counts_from": self.counts_from.isoformat()}
        return {**asdict(self), **dates}

    def line(self) -> str:
        """Its line in the file, with its hash."""
        return json.dumps({**self.content(), "hash": self.hash}, sort_keys=True)


@dataclass(frozen=True)
class Head:
    """How many decisions there are and the hash of the last; coming: the hash of one that is about to be added."""

    count: int
    last: str
    coming: str = ""

    def to_json(self) -> bytes:
        """As it is stored."""
        return (json.dumps(asdict(self), sort_keys=True) + "\n").encode()


class Registry:
    """The decisions of one lake; every list is read once, until it is forgotten."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._known: dict[str, tuple[Decision, ...]] = {}

    def decisions(self, address: str) -> tuple[Decision, ...]:
        """All decisions on the models of a document, oldest first; RegistryError when a touched list is found."""
        if address not in self._known:
            self._known[address] = self._read(address)[0]
        return self._known[address]

    def forget(self) -> None:
        """Read every list anew next time."""
        self._known.clear()

    def champion(self, address: str, night: date) -> Decision | None:
        """The newest decision that names a champion and counts on the night."""
        return champion_of(self.decisions(address), night)

    def challengers(self, address: str, night: date) -> tuple[Decision, ...] | None:
        """The models in shadow on the night, without its champion; None while no decision on shadow counts."""
        counting = [one for one in self.decisions(address) if one.counts_from <= night]
        newest = {one.model_version: one for one in counting if one.action in (SHADOW, RETIRE)}
        if not newest:
            return None
        champion = champion_of(counting, night)
        decides = None if champion is None else champion.model_version
        in_shadow = [one for one in newest.values() if one.action == SHADOW and one.model_version != decides]
        return tuple(sorted(in_shadow, key=lambda one: one.number))

    def refuse_to_replace(self, address: str, trained_on: date) -> None:
        """RegistryError when somebody has decided on the training of that day: a replay needs it as it is."""
        named = [one for one in self.decisions(address) if one.trained_on == trained_on]
        if named:
            raise RegistryError(
                f"{address} {trained_on}: decision {named[-1].number} names this training, which is kept for good; "
                "train on another business date"
            )

    def append(self, address: str, decision: Decision, *, after: str) -> Decision:
        """The decision as stored, numbered and chained to the one before.

        after: hash of the last decision that its author saw, FIRST for none; RegistryError when it is not the last.
        """
        try:
            with self.storage.lock(
                f"_registry.{address.replace('/', '.')}", f"decisions on {address}", wait=True
            ) as lock:
                before, stored, head = self._read(address)
                if hash_of_last(before) != after:
                    raise ChangedMeanwhileError(key_of(address))
                chained = replace(decision, number=len(before) + 1, previous=after)
                body = "".join(f"{one.line()}\n" for one in (*before, chained)).encode()
                lock.confirm()
                coming = Head(len(before), after, chained.hash).to_json()
                version = self.storage.replace(head_key_of(address), coming, None if head is None else head.version)
                self.storage.replace(key_of(address), body, None if stored is None else stored.version)
                self.storage.replace(head_key_of(address), Head(chained.number, chained.hash).to_json(), version)
        except ChangedMeanwhileError:
            raise RegistryError(
                f"{address}: somebody else decided at this moment; look at the list, then decide"
            ) from None
        finally:
            self._known.pop(address, None)
        return chained

    def _read(self, address: str) -> tuple[tuple[Decision, ...], Stored | None, Stored | None]:
        """The decisions, the list and its head as stored. The head is read first: it never lags behind the list."""
        for _ in range(READS):
            head = self.storage.read(head_key_of(address))
            stored = self.storage.read(key_of(address))
            decisions = () if stored is None else read_decisions(address, stored.body)
            if _fits(head, decisions):
                return decisions, stored, head
        raise _touched(address, len(decisions) + 1, "is missing: the end of the list was cut off, or its head is gone")


def _fits(head: Stored | None, decisions: Sequence[Decision]) -> bool:
    """Whether the head names this list, with or without the decision that was to come."""
    if head is None:
        return not decisions
    try:
        named = Head(**json.loads(head.body))
    except (TypeError, ValueError):
        return False
    found = (len(decisions), hash_of_last(decisions))
    return found == (named.count, named.last) or (bool(named.coming) and found == (named.count + 1, named.coming))


def hash_of_last(decisions: Sequence[Decision]) -> str:
    """What the next decision is chained to."""
    return decisions[-1].hash if decisions else FIRST


def key_of(address: str) -> str:
    """Where the decisions on a document's models lie: one JSON object a line, oldest first."""
    check_address(address)
    return f"_registry/{address}.jsonl"


def head_key_of(address: str) -> str:
    """Where the head of that list lies."""
    check_address(address)
    return f"_registry/{address}.head.json"


def champion_of(decisions: Sequence[Decision], night: date) -> Decision | None:
    """The newest of the decisions that name a champion and count on the night."""
    naming = [one for one in decisions if one.action in NAMING_A_CHAMPION and one.counts_from <= night]
    return naming[-1] if naming else None


def champions_in_turn(decisions: Sequence[Decision], night: date) -> tuple[Decision, ...]:
    """The promotions that a roll-back on the night can fall back on, the present champion last.

    A promotion is put on top and a roll-back takes the top away. What was overruled before its first night is left out.
    """
    naming = [one for one in decisions if one.action in NAMING_A_CHAMPION and one.counts_from <= night]
    kept = [one for one in naming if not any(one in overruled_by(later, naming) for later in naming)]
    turns: list[Decision] = []
    for one in kept:
        if one.action == ROLL_BACK:
            turns = turns[:-1]
        elif not turns or turns[-1].model_version != one.model_version:
            turns.append(one)
    return tuple(turns)


def overruled_by(decision: Decision, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """Earlier decisions on the same question that never come to count, since this one counts before them."""

    def is_same_question(one: Decision) -> bool:
        if decision.action in NAMING_A_CHAMPION:
            return one.action in NAMING_A_CHAMPION
        return one.action not in NAMING_A_CHAMPION and one.model_version == decision.model_version

    return tuple(
        one
        for one in decisions
        if one.number < decision.number and one.counts_from > decision.counts_from and is_same_question(one)
    )


def read_decisions(address: str, body: bytes) -> tuple[Decision, ...]:
    """The decisions in the file; RegistryError at the first that is broken, missing or altered."""
    decisions: list[Decision] = []
    for number, line in enumerate(body.decode("utf-8", errors="replace").splitlines(), start=1):
        try:
            content = json.loads(line)
            for name in ("trained_on", "counts_from"):
                content[name] = date.fromisoformat(content[name])
            digest = content.pop("hash")
            decision = Decision(**content)
        except (KeyError, TypeError, ValueError):
            raise _touched(address, number, "cannot be read") from None
        if decision.hash != digest:
            raise _touched(address, number, "was altered: its hash differs")
        if decision.number != number or decision.previous != hash_of_last(decisions):
            raise _touched(address, number, "does not follow the one before it: one was removed or put in")
        decisions.append(decision)
    return tuple(decisions)


def _touched(address: str, number: int, what: str) -> RegistryError:
    return RegistryError(f"{key_of(address)}: decision {number} {what}; restore the file from a backup")
