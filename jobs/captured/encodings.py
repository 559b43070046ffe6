"""Names become keyed similarity encodings while they are captured, beside their tokens."""

from __future__ import annotations

import hmac

import pyarrow as pa

from jobs.personal_values import UnusableValueError, normal_form
from jobs.settings import KeyRing
from jobs.similarity import BITS, HASHES_OF_A_BIGRAM, Encoding


class Encoder:
    """Encodes values with one version of the pseudonym key, each kind of value under a key of its own."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._of_kind: dict[str, Encoding] = {}

    @property
    def parameters(self) -> str:
        """What has to be equal for two encodings to be compared; kept with every capture."""
        return (
            f"CLK of {BITS} bits, {HASHES_OF_A_BIGRAM} hashes of HMAC-SHA256 for each padded bigram of a word, "
            f"key {self._ring.current}"
        )

    def encoding(self, kind: str, text: str) -> bytes | None:
        """The encoding of a value, None when it only looks given; UnusableValueError when it is not of its kind."""
        form = normal_form(kind, text)
        if form is None:
            return None
        if kind not in self._of_kind:
            key = hmac.digest(self._ring.current_key, b"encodings\0" + kind.encode(), "sha256")
            self._of_kind[kind] = Encoding(key)
        return self._of_kind[kind].of(form)

    def encodings(self, kind: str, cells: pa.Array) -> pa.Array:
        """An encoding for each cell; null for null, not given and unusable ones."""
        encoded = cells.dictionary_encode()
        found = [self._or_nothing(kind, text) for text in encoded.dictionary.to_pylist()]
        return pa.array(found, pa.binary()).take(encoded.indices)

    def _or_nothing(self, kind: str, text: str) -> bytes | None:
        try:
            return self.encoding(kind, text)
        except UnusableValueError:
            return None
