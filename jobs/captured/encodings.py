"""Keyed similarity encodings of names and addresses: a spelling mistake still shows, the raw value does not.

An encoding is a cryptographic long-term key (Schnell, Bachteler and Reiher 2009): a Bloom filter of the value's
bigrams, set under a secret key, so that the share of bits two encodings have in common (Dice 1945) follows the share
of bigrams the two values have in common. Each bigram sets the positions that the sixteen words of one HMAC-SHA256
name. That is independent hashing rather than double hashing, whose regular patterns have been attacked (Niedermeyer
et al. 2014, Kroll and Steinmetzer 2015). Frequent values can still be told by their frequency, so encodings never
leave the restricted layers.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from functools import reduce
from operator import or_

import pyarrow as pa

from jobs.captured.personal_values import UnusableValueError, normal_form
from jobs.settings import KeyRing

BITS = 1024
"""Longer ones cost space, shorter ones make strangers alike: a name of 4 bigrams sets 64, an address of 30 about 380."""

HASHES_OF_A_BIGRAM = 16
BYTES = BITS // 8
_WORDS = struct.Struct(f">{HASHES_OF_A_BIGRAM}H")


class Encoder:
    """Encodes values with one version of the pseudonym key, each kind of value under a key of its own."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._masks: dict[str, dict[str, int]] = {}
        self._keys: dict[str, bytes] = {}

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
        masks = self._masks.setdefault(kind, {})
        bits = reduce(or_, (masks.get(pair) or self._mask(kind, pair) for pair in bigrams(form)), 0)
        return bits.to_bytes(BYTES, "big")

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

    def _mask(self, kind: str, pair: str) -> int:
        if kind not in self._keys:
            self._keys[kind] = hmac.digest(self._ring.current_key, b"encodings\0" + kind.encode(), "sha256")
        words = _WORDS.unpack(hmac.digest(self._keys[kind], pair.encode(), hashlib.sha256))
        mask = reduce(or_, (1 << word % BITS for word in words))
        self._masks[kind][pair] = mask
        return mask


def bigrams(form: str) -> set[str]:
    """Pairs of neighbouring characters of each word between blanks, so that words in another order are no difference.

    "li na" -> {" l", "li", "i ", " n", "na", "a "}
    """
    padded = [f" {word} " for word in form.split()]
    return {word[place : place + 2] for word in padded for place in range(len(word) - 1)}


def dice(left: bytes, right: bytes) -> float:
    """The similarity of two encodings, 0 to 1: twice the common bits over all bits (Dice 1945)."""
    a, b = int.from_bytes(left, "big"), int.from_bytes(right, "big")
    total = a.bit_count() + b.bit_count()
    return 2 * (a & b).bit_count() / total if total else 0.0
