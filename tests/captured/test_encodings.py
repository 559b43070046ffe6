"""Similarity encodings: near values look near, strangers do not, and nobody without the key learns anything."""

from __future__ import annotations

import random
from itertools import combinations

import pyarrow as pa
import pytest

from jobs.captured.encodings import Encoder
from jobs.captured.repeats import key_hasher
from jobs.captured.tokens import Tokeniser
from jobs.personal_values import UnusableValueError
from jobs.settings import KeyRing
from jobs.similarity import BITS, BYTES, HASHES_OF_A_BIGRAM, bigrams, dice
from schemas.captured.bank_customers import BANK_CUSTOMERS
from schemas.captured.shop_users import SHOP_USERS
from schemas.catalogue import all_datasets
from schemas.table import Column, ContractError, Describes, Table

RING = KeyRing("k1", {"k1": bytes(range(32))})
ENCODER = Encoder(RING)
RESTRICTED = {"captured", "cleaned"}


def encoded(name: str, encoder: Encoder = ENCODER) -> bytes:
    found = encoder.encoding("name", name)
    assert found is not None
    return found


def similarity(left: str, right: str) -> float:
    return dice(encoded(left), encoded(right))


def similarity_of_bigrams(left: str, right: str) -> float:
    first, second = bigrams(left), bigrams(right)
    return 2 * len(first & second) / (len(first) + len(second))


def test_every_bigram_sets_sixteen_positions_at_most_and_the_length_is_fixed() -> None:
    found = encoded("王小明")
    assert len(found) == BYTES == BITS // 8
    assert len(bigrams("王小明")) == 4
    assert 0.8 * 4 * HASHES_OF_A_BIGRAM < int.from_bytes(found, "big").bit_count() <= 4 * HASHES_OF_A_BIGRAM


def test_the_same_name_in_another_spelling_or_word_order_is_the_same_encoding() -> None:
    assert encoded("  ANN   de  Groot ") == encoded("ann de groot") == encoded("Groot Ann de")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("margarethe schneider", "margarete schneider"),  # a letter lost
        ("margarethe schneider", "margarethe schnieder"),  # two letters swapped
        ("margarethe schneider", "margarethe vogel"),  # a marriage
        ("王小明", "李小明"),
        ("王小明", "王小"),
    ],
)
def test_the_similarity_of_encodings_is_that_of_the_bigrams(left: str, right: str) -> None:
    assert similarity(left, right) == pytest.approx(similarity_of_bigrams(left, right), abs=0.1)


def test_strangers_are_far_apart_and_a_typo_is_near() -> None:
    chance = random.Random(10)
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = ["".join(chance.choices(letters, k=8)) + " " + "".join(chance.choices(letters, k=9)) for _ in range(60)]
    strangers = [similarity(left, right) for left, right in combinations(names, 2)]
    typos = [similarity(name, name[:4] + "q" + name[5:]) for name in names]
    assert sum(strangers) / len(strangers) < 0.35
    assert max(strangers) < min(typos)
    assert sum(typos) / len(typos) > 0.85


def test_t32_another_key_or_another_kind_gives_another_encoding() -> None:
    other = Encoder(KeyRing("k1", {"k1": bytes(range(1, 33))}))
    assert dice(encoded("margarethe schneider"), encoded("margarethe schneider", other)) < 0.4
    of_address = ENCODER.encoding("address", "margarethe schneider")
    assert of_address is not None
    assert dice(encoded("margarethe schneider"), of_address) < 0.4


def test_a_column_keeps_its_nulls_and_what_is_no_name_has_no_encoding() -> None:
    cells = pa.array(["王小明", None, "null", "12345", "王小明"])
    found = ENCODER.encodings("name", cells)
    assert found.type == pa.binary()
    assert [None if one is None else len(one) for one in found.to_pylist()] == [BYTES, None, None, None, BYTES]
    assert ENCODER.encodings("name", pa.array([], pa.string())).to_pylist() == []
    with pytest.raises(UnusableValueError):
        ENCODER.encoding("name", "12345")


def test_the_parameters_name_the_key_and_everything_else_that_must_be_equal() -> None:
    assert ENCODER.parameters == ("CLK of 1024 bits, 16 hashes of HMAC-SHA256 for each padded bigram of a word, key k1")


def test_rows_with_other_encodings_are_other_rows() -> None:
    table = Table(
        "schemas.cleaned.names",
        grain="a name",
        describes=Describes.DAY,
        key=("name",),
        columns=(Column("name", "string", "the name"), Column("encoding", "binary", "the encoding", missing="none")),
    )
    seed = Tokeniser(RING).hash_seed
    batch = pa.record_batch({"name": ["a", "a", "a"], "encoding": pa.array([b"\0\1", b"\0\2", None], pa.binary())})
    assert len(set(key_hasher(table, seed).hashes(batch).tolist())) == 1
    hasher = type(key_hasher(table, seed))(seed, "content", ("name", "encoding"))
    assert len(set(hasher.hashes(batch).tolist())) == 3


def test_encodings_never_leave_the_restricted_layers() -> None:
    tables = [dataset for dataset in all_datasets() if isinstance(dataset, Table)]
    holding = {table.address for table in tables for column in table.columns if "encoding" in column.name}
    assert {SHOP_USERS.address, BANK_CUSTOMERS.address} <= holding
    assert {address.split("/")[0] for address in holding} == RESTRICTED
    assert {t.layer for t in tables for column in t.columns if "binary" in column.type} == RESTRICTED


def test_a_contract_cannot_encode_what_is_no_token() -> None:
    with pytest.raises(ContractError, match="encodings that are not binary, or of no token in the table: shape"):
        Table(
            "schemas.cleaned.names",
            grain="a name",
            describes=Describes.DAY,
            key=("name",),
            columns=(Column("name", "string", "m"), Column("shape", "binary", "m", missing="m", encodes="name")),
        )
