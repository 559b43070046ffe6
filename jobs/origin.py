"""What a partition is made from: equal origins give equal rows, so that an equal build is not built again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.inputs import Dates
from jobs.manifest import build_id


@dataclass(frozen=True)
class Origin:
    """What a partition would be made from."""

    address: str
    dates: Dates
    inputs: Mapping[str, str]
    contract: str
    code: str

    @property
    def build_id(self) -> str:
        """Comparable with the build id of what is published."""
        return build_id(
            self.address, self.dates.as_of, self.inputs, self.contract, self.code, self.dates.known_by, self.dates.as_of
        )
