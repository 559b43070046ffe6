"""What people decided on pairs of records: kept for good, honoured from a night on, reversed by a later decision.

    decisions = PairDecisions(lake.storage)
    decisions.all()                     every decision, oldest first
    decisions.append(rows, ...)         some more, in one step
    verdicts_of(decisions, night)       what counts on the night, one verdict a pair

A decision counts from a night that is not closed yet, so a night that is replayed finds what it was built with. Each
one is stored with a hash of itself and the one before, so that reading finds one that was altered or removed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from jobs.customers.verdicts import Verdict
from jobs.lake_errors import ChangedMeanwhileError
from jobs.storage import Storage

KEY = "_registry/customers/record_pairs.jsonl"
SAME, DIFFERENT, WITHDRAWN = "same", "different", "withdrawn"
WORDS = (SAME, DIFFERENT, WITHDRAWN)


class PairDecisionError(ValueError):
    """Decisions cannot be taken or read; the message says why and what to do."""

    exit_code = 2


@dataclass(frozen=True)
class PairDecision:
    """One decision: the two records, the smaller id first, are the `same` person, `different` people, or `withdrawn`:
    what the rules say counts again. counts_from: the first night that follows it."""

    number: int
    left_record_id: str
    right_record_id: str
    decision: str
    counts_from: date
    decided_by: str
    reason: str
    decided_at: str
    previous: str

    def content(self) -> dict[str, Any]:
        """As it is stored."""
        return {**asdict(self), "counts_from": self.counts_from.isoformat()}

    @property
    def hash(self) -> str:
        """SHA-256 over everything in it, the hash of the decision before included."""
        return hashlib.sha256(json.dumps(self.content(), sort_keys=True).encode()).hexdigest()


class PairDecisions:
    """The decisions of one lake."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def all(self) -> tuple[PairDecision, ...]:
        """Every decision, oldest first; PairDecisionError when the list was touched."""
        stored = self._storage.read(KEY)
        return () if stored is None else _read(stored.body)

    def append(
        self, pairs: Sequence[tuple[str, str, str]], *, counts_from: date, decided_by: str, reason: str, decided_at: str
    ) -> tuple[PairDecision, ...]:
        """Store one decision for each (record, record, word); the new ones as stored."""
        try:
            with self._storage.lock("_registry.customers.record_pairs", "decisions on record pairs", wait=True) as lock:
                stored = self._storage.read(KEY)
                decisions = list(() if stored is None else _read(stored.body))
                known = len(decisions)
                for first, second, word in pairs:
                    left, right = sorted((first, second))
                    previous = decisions[-1].hash if decisions else ""
                    number = len(decisions) + 1
                    decisions.append(
                        PairDecision(number, left, right, word, counts_from, decided_by, reason, decided_at, previous)
                    )
                lock.confirm()
                self._storage.replace(KEY, _written(decisions), None if stored is None else stored.version)
        except ChangedMeanwhileError:
            raise PairDecisionError("somebody else decided at this moment; look at the queue, then decide") from None
        return tuple(decisions[known:])


def counting(decisions: PairDecisions, night: date) -> tuple[PairDecision, ...]:
    """The newest decision of each pair that counts on the night, in the order of the pairs."""
    newest = {(d.left_record_id, d.right_record_id): d for d in decisions.all() if d.counts_from <= night}
    return tuple(newest[pair] for pair in sorted(newest))


def verdicts_of(decisions: PairDecisions, night: date) -> tuple[Verdict, ...]:
    """What reviewers say on the night; a withdrawn decision says nothing."""
    return tuple(
        Verdict(one.left_record_id, one.right_record_id, one.decision == SAME)
        for one in counting(decisions, night)
        if one.decision != WITHDRAWN
    )


def digest_of(decisions: PairDecisions, night: date) -> str:
    """Names what counts on the night, so that a night is built again when that changes."""
    said = "\n".join(one.hash for one in counting(decisions, night))
    return hashlib.sha256(said.encode()).hexdigest()


def _written(decisions: Sequence[PairDecision]) -> bytes:
    lines = (json.dumps({**one.content(), "hash": one.hash}, sort_keys=True) for one in decisions)
    return "".join(f"{line}\n" for line in lines).encode()


def _read(body: bytes) -> tuple[PairDecision, ...]:
    decisions: list[PairDecision] = []
    previous = ""
    for number, line in enumerate(body.decode("utf-8", errors="replace").splitlines(), start=1):
        try:
            content = json.loads(line)
            digest = content.pop("hash")
            decision = PairDecision(**{**content, "counts_from": date.fromisoformat(content["counts_from"])})
        except (KeyError, TypeError, ValueError):
            raise _touched(number, "cannot be read") from None
        if decision.hash != digest:
            raise _touched(number, "was altered: its hash differs")
        if decision.number != number or decision.previous != previous:
            raise _touched(number, "does not follow the one before it: one was removed or put in")
        decisions.append(decision)
        previous = decision.hash
    return tuple(decisions)


def _touched(number: int, what: str) -> PairDecisionError:
    return PairDecisionError(f"{KEY}: decision {number} {what}; restore the file from a backup")
