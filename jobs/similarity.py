"""Keyed similarity encodings: two texts can be compared by their encodings, and not be read from them.

An encoding is a cryptographic long-term key (Schnell, Bachteler and Reiher 2009): a Bloom filter of a text's bigrams
under a secret key, so that the share of bits two encodings have in common (Dice 1945) follows the share of bigrams the
two texts have in common. Each bigram sets the positions that the sixteen words of one HMAC-SHA256 name. That is
independent hashing rather than double hashing, whose regular patterns have been attacked (Niedermeyer et al. 2014,
Kroll and Steinmetzer 2015). Frequent values can still be told by their frequency, so encodings are kept restricted.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from functools import reduce
from operator import or_

BITS = 1024
"""Longer ones cost space, shorter ones make strangers alike; a name of 4 bigrams sets 64, an address of 30 some 380."""

HASHES_OF_A_BIGRAM = 16
BYTES = BITS // 8
_WORDS = struct.Struct(f">{HASHES_OF_A_BIGRAM}H")


class Encoding:
    """Encodes texts under one key, each bigram hashed once."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._masks: dict[str, int] = {}

    def of(self, text: str) -> bytes:
        """The encoding of a text, whose words may stand in any order."""
        masks = self._masks
        bits = reduce(or_, (masks.get(pair) or self._mask(pair) for pair in bigrams(text)), 0)
        return bits.to_bytes(BYTES, "big")

    def _mask(self, pair: str) -> int:
        words = _WORDS.unpack(hmac.digest(self._key, pair.encode(), hashlib.sha256))
        mask = 0
        for word in words:
            mask |= 1 << int(word) % BITS
        self._masks[pair] = mask
        return mask


def bigrams(text: str) -> set[str]:
    """Pairs of neighbouring characters of each word between blanks, so that words in another order are no difference.

    "li na" -> {" l", "li", "i ", " n", "na", "a "}
    """
    padded = [f" {word} " for word in text.split()]
    return {word[place : place + 2] for word in padded for place in range(len(word) - 1)}


def dice(left: bytes, right: bytes) -> float:
    """The similarity of two encodings, 0 to 1: twice the common bits over all bits (Dice 1945)."""
    a, b = int.from_bytes(left, "big"), int.from_bytes(right, "big")
    total = a.bit_count() + b.bit_count()
    return 2 * (a & b).bit_count() / total if total else 0.0
