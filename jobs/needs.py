"""What a build is given besides its parents: settings, keys, and what people have decided.

A contract lists what it needs by name (`needs`). Whatever changes the result has a digest, which is an input of the
build like the digest of a parent; what changes only the way there has none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jobs.customers.match_weights import MatchWeights
from jobs.pair_decisions import PairDecisions, digest_of, verdicts_of
from jobs.settings import Settings, weights_in
from jobs.storage import Storage
from schemas.table import Dataset, Table

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class Needs:
    """What builds into one lake are given."""

    settings: Settings
    storage: Storage

    def value(self, name: str, night: date) -> Any:
        """What a job takes by that name; of decisions, those that count on the night. KeyError for an unknown name."""
        if name == "edges_in_memory":
            return self.settings.edges_in_memory
        if name == "compare_all_below":
            return self.settings.compare_all_below
        if name == "labelled_records":
            return self._labelled_records
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
        if "labelled_records" in needs and self._labelled_records is not None:
            digests["labelled_records"] = digest_of_labelled(self._labelled_records)
        if "match_weights" in needs:
            digests["match_weights"] = self._match_weights.digest
        if "pair_decisions" in needs:
            digests["decisions/customers.record_pairs"] = digest_of(self._pair_decisions, night)
        return digests

    @cached_property
    def _labelled_records(self) -> pa.Table | None:
        file = self.settings.labelled_records_file
        if file is None:
            return None
        from jobs.customers.judgement import read_labelled  # it needs pandas, which few who are given things need

        return read_labelled(file)

    @cached_property
    def _match_weights(self) -> MatchWeights:
        return weights_in(self.settings.match_weights_file)

    @cached_property
    def _pair_decisions(self) -> PairDecisions:
        return PairDecisions(self.storage)


def digest_of_labelled(labelled: pa.Table) -> str:
    """Names labelled records, whatever their order and whatever else their file holds."""
    said = zip(labelled["source_record_id"].to_pylist(), labelled["person_id"].to_pylist(), strict=True)
    return hashlib.sha256(repr(sorted((str(name), str(person)) for name, person in said)).encode()).hexdigest()
