"""What a build is given besides its parents: settings, keys, and what people have decided.

A contract lists what it needs by name (`needs`). Whatever changes the result has a digest, which is an input of the
build like the digest of a parent; what changes only the way there has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from jobs.customers.match_weights import DECLARED, MatchWeights, read_weights
from jobs.pair_decisions import PairDecisions, digest_of, verdicts_of
from jobs.settings import Settings
from jobs.storage import Storage
from schemas.table import Dataset, Table


@dataclass
class Needs:
    """What builds into one lake are given."""

    settings: Settings
    storage: Storage

    def value(self, name: str, night: date) -> Any:
        """What a job takes by that name; of decisions, those that count on the night. KeyError for an unknown name."""
        if name == "edges_in_memory":
            return self.settings.edges_in_memory
        if name == "match_weights":
            return self._match_weights
        if name == "pair_decisions":
            return verdicts_of(self._pair_decisions, night)
        if name == "recipient_keys":
            return {bank: (ring.current, ring.current_key) for bank, ring in self.settings.keys().recipients.items()}
        raise KeyError(f"no job is given {name}")

    def digests(self, dataset: Dataset, night: date) -> dict[str, str]:
        """Which version of each key and which decisions the dataset is built with: a rotated key is another input."""
        needs = dataset.needs if isinstance(dataset, Table) else ()
        digests: dict[str, str] = {}
        if "recipient_keys" in needs:
            digests |= {f"keys/{bank}": ring.current for bank, ring in self.settings.keys().recipients.items()}
        if "match_weights" in needs:
            digests["match_weights"] = self._match_weights.digest
        if "pair_decisions" in needs:
            digests["decisions/customers.record_pairs"] = digest_of(self._pair_decisions, night)
        return digests

    @cached_property
    def _match_weights(self) -> MatchWeights:
        file = self.settings.match_weights_file
        return DECLARED if file is None else read_weights(file.read_text(encoding="utf-8"))

    @cached_property
    def _pair_decisions(self) -> PairDecisions:
        return PairDecisions(self.storage)
