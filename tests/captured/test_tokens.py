"""Personal values: one normal form for many spellings, and a token that says nothing without the key."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pyarrow as pa
import pytest

from jobs.captured.tokens import Tokeniser
from jobs.personal_values import UnusableValueError, normal_form
from jobs.settings import KeyRing

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
TOKENS = Tokeniser(KeyRing("k1", {"k1": KEY}))


@pytest.mark.parametrize(
    "spelling",
    [
        "13800138000",
        "+8613800138000",
        "+86 138 0013 8000",
        "0086 13800138000",
        "86-138-0013-8000",
        " (+86) 138-0013-8000 ",
        "+86 (0) 138 0013 8000",
        "013800138000",
        "\uff11\uff13\uff18\uff10\uff10\uff11\uff13\uff18\uff10\uff10\uff10",
        "\uff0b\uff18\uff16 138\u20130013\u20138000",
        "\u200b138\u00a00013\u00a08000",
        "tel:+86-138-0013-8000",
    ],
)
def test_every_spelling_of_a_mobile_phone_is_one_e164_number(spelling: str) -> None:
    assert normal_form("phone", spelling) == "+8613800138000"


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("010-6234 5678", "+861062345678"),
        ("0571-87654321", "+8657187654321"),
        ("+1 (650) 555-0100", "+16505550100"),
        ("0044 20 7946 0018", "+442079460018"),
    ],
)
def test_landlines_and_foreign_numbers_keep_their_own_codes(spelling: str, expected: str) -> None:
    assert normal_form("phone", spelling) == expected


@pytest.mark.parametrize(
    "text", ["1380013800", "62345678", "+8612345", "call me", "138001380001", "+86", "1380013800a"]
)
def test_what_is_no_phone_number_is_unusable_and_the_error_does_not_repeat_it(text: str) -> None:
    with pytest.raises(UnusableValueError) as raised:
        normal_form("phone", text)
    assert text not in str(raised.value)


@pytest.mark.parametrize("kind", ["phone", "email", "national_id", "address", "ip_address", "name"])
@pytest.mark.parametrize(
    "text", ["", "  ", "null", "NULL", "None", "-", "--", "n/a", "0000000", "未知", "無".replace("無", "无")]
)
def test_what_only_looks_given_is_missing(kind: str, text: str) -> None:
    assert normal_form(kind, text) is None


def test_t15_a_default_phone_or_identity_number_is_missing_not_an_identifier() -> None:
    assert normal_form("phone", "11111111111") is None
    assert normal_form("phone", "000-0000-0000") is None
    assert normal_form("national_id", "111111111111111111") is None
    assert normal_form("ip_address", "::") is None


def test_a_person_may_be_called_nan() -> None:
    assert normal_form("name", "Nan") == "nan"
    assert normal_form("email", "nan") is None


@pytest.mark.parametrize(
    ("kind", "spelling", "expected"),
    [
        ("email", "  Li.Na@Mail.Example.COM ", "li.na@mail.example.com"),
        ("email", "li\uff0ena\uff20mail.example.com", "li.na@mail.example.com"),
        ("name", "  ANN   de  Groot ", "ann de groot"),
        ("name", "Straße", "strasse"),
        ("name", "\uff2c\uff49 \u3000Na", "li na"),
        ("national_id", " 11010519491231002x ", "11010519491231002X"),
        ("address", "文三路 \uff11\uff12\uff13号  4单元", "文三路 123号 4单元"),
        ("ip_address", "2001:DB8:0:0::1", "2001:db8::1"),
        ("ip_address", "::ffff:10.0.0.1", "10.0.0.1"),
    ],
)
def test_each_kind_has_one_normal_form(kind: str, spelling: str, expected: str) -> None:
    assert normal_form(kind, spelling) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "ann"),
        ("email", "ann@home"),
        ("email", "a b@c.de"),
        ("name", "12345"),
        ("national_id", "12"),
        ("national_id", "110105194912310021"),
        ("ip_address", "10.0.0.256"),
    ],
)
def test_a_value_of_another_kind_is_unusable(kind: str, text: str) -> None:
    with pytest.raises(UnusableValueError):
        normal_form(kind, text)


def test_the_given_name_is_what_follows_the_surname_where_the_script_tells() -> None:
    told = {"王小芳": "小芳", "李 小芳": "小芳", "欧阳明": "明", "欧阳": "阳", "王明": "明", "王": None}
    untold = dict.fromkeys(("Ann de Groot", "买买提·吐尔逊", "null"))
    assert {name: normal_form("given_name", name) for name in (*told, *untold)} == {**told, **untold}
    assert TOKENS.token("given_name", "李小芳") == TOKENS.token("given_name", "王小芳")
    assert TOKENS.token("name", "小芳") != TOKENS.token("given_name", "王小芳")


def test_an_identity_number_mistyped_by_one_digit_or_by_two_that_changed_places_is_nobodys() -> None:
    number = "11010519491231002X"
    mistyped = [
        *(
            number[:n] + str(digit) + number[n + 1 :]
            for n in range(17)
            for digit in range(10)
            if str(digit) != number[n]
        ),
        *(number[:n] + number[n + 1] + number[n] + number[n + 2 :] for n in range(16) if number[n] != number[n + 1]),
    ]
    assert len(mistyped) > 160
    for text in mistyped:
        with pytest.raises(UnusableValueError, match="a digit that is wrong"):
            normal_form("national_id", text)
    tokens, unusable = TOKENS.tokens("national_id", pa.array([number, mistyped[0]]))
    assert (tokens.null_count, unusable) == (1, 1), "not given, so the record is compared by everything else"
    assert normal_form("national_id", "AB12345678901234567") == "AB12345678901234567"  # of another country


def test_a_token_is_the_keyed_hash_of_kind_and_normal_form_under_its_key_version() -> None:
    digest = hmac.digest(KEY, b"phone\0+8613800138000", "sha256")
    expected = "k1." + base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert TOKENS.token("phone", "138 0013 8000") == expected
    assert len(expected) == len("k1.") + 43


def test_a_key_longer_than_a_block_gives_the_token_of_rfc_2104() -> None:
    long_key = bytes(range(100))
    token = Tokeniser(KeyRing("k9", {"k9": long_key})).token("email", "ann@example.com")
    digest = hmac.digest(long_key, b"email\0ann@example.com", "sha256")
    assert token == "k9." + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_equal_text_of_two_kinds_gives_two_tokens() -> None:
    assert TOKENS.token("name", "ann bo") != TOKENS.token("address", "ann bo")


def test_t32_nobody_without_the_key_finds_the_phone_behind_a_token() -> None:
    token = TOKENS.token("phone", "13800138042")
    guesses = [f"138001380{number:02d}" for number in range(100)]
    plain = {
        hashlib.sha256(form.encode()).digest()
        for guess in guesses
        for form in (guess, f"+86{guess}", f"phone\0+86{guess}")
    }
    other = Tokeniser(KeyRing("k1", {"k1": OTHER_KEY}))
    assert token is not None
    assert base64.urlsafe_b64decode(token.split(".")[1] + "=") not in plain
    assert token not in {other.token("phone", guess) for guess in guesses}
    assert token in {TOKENS.token("phone", guess) for guess in guesses}


def test_a_column_keeps_its_nulls_and_counts_only_what_is_malformed() -> None:
    cells = pa.array(["13800138000", None, "null", "not a phone", "not a phone", "+86 138 0013 8000"])
    tokens, unusable = TOKENS.tokens("phone", cells)
    found = tokens.to_pylist()
    assert found[0] == found[5] is not None
    assert found[1:5] == [None, None, None, None]
    assert unusable == 2


def test_an_empty_column_has_no_tokens() -> None:
    tokens, unusable = TOKENS.tokens("phone", pa.array([], pa.string()))
    assert (tokens.to_pylist(), unusable) == ([], 0)


def test_line_digests_depend_on_the_line_and_the_key() -> None:
    other = Tokeniser(KeyRing("k1", {"k1": OTHER_KEY}))
    assert TOKENS.line_digest(b"ann") == TOKENS.line_digest(b"ann")
    assert len({TOKENS.line_digest(b"ann"), TOKENS.line_digest(b"bob"), other.line_digest(b"ann")}) == 3
