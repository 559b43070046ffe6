"""The one spelling of a personal value, whoever typed it: what equal people have equal tokens from."""

from __future__ import annotations

import ipaddress
import re
import unicodedata

DEFAULT_COUNTRY = "86"  # the alliance's home market; numbers from elsewhere carry their own country code
NOT_GIVEN = frozenset({"null", "none", "nil", "n/a", "unknown", "undefined", "未知", "无", "暂无", "不详"})
NOT_GIVEN_BUT_A_NAME = frozenset({"na", "nan"})  # in a name column these are people
ONLY_FILLING = re.compile(r"[\W_0]*")  # "", "-", "--", "0000000": typed where a form insisted on something
FREE_TEXT_KINDS = frozenset(
    {"name", "given_name", "address", "national_id"}
)  # whose grammar would let such words through
ONE_CHARACTER = re.compile(r"(.)\1*", re.DOTALL)  # 11111111111, XXXXXX

PHONE_PUNCTUATION = re.compile(r"[\s\-./()\u2010-\u2015\u2212]")
HOME_NUMBER = re.compile(r"(?:86)?0?(1[3-9]\d{9})|0(10\d{8}|2\d{9}|[3-9]\d{9,10})")
HOME_E164 = re.compile(r"86(?:1[3-9]\d{9}|10\d{8}|2\d{9}|[3-9]\d{9,10})")
FOREIGN_E164 = re.compile(r"(?!86)[1-9]\d{6,14}")
EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s.,;<>\"]{2,}")
PLAIN_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")
CHINESE_NAME = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]{2,6}")
SURNAMES_OF_TWO = frozenset(
    (
        *(
            "欧阳",
            "司马",
            "上官",
            "诸葛",
            "东方",
            "皇甫",
            "尉迟",
            "公孙",
            "慕容",
            "令狐",
            "夏侯",
            "万俟",
            "宇文",
            "长孙",
        ),
        *(
            "司徒",
            "司空",
            "端木",
            "独孤",
            "南宫",
            "拓跋",
            "轩辕",
            "闻人",
            "申屠",
            "淳于",
            "濮阳",
            "钟离",
            "呼延",
            "赫连",
        ),
    )
)
"""Others of two characters are so rare that a given name with one of them too many harms nobody."""

NATIONAL_ID = re.compile(r"(?=.*\d)[0-9A-Z]{5,32}")
RESIDENT_ID = re.compile(r"[0-9]{17}[0-9X]")
CHECK_CHARACTERS = "10X98765432"  # by the remainder, as ISO 7064 MOD 11-2 has it
CHECK_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))


class UnusableValueError(ValueError):
    """A personal value is given but is not of its kind; the message never holds it."""


def normal_form(kind: str, text: str) -> str | None:
    """The one spelling of a personal value; None for what only looks given ("null", "-", "0000000").

    UnusableValueError when it is given and is not of its kind.
    """
    value = _cleaned(text)
    if kind in FREE_TEXT_KINDS and only_looks_given(kind, value):
        return None
    try:
        return NORMAL_FORMS[kind](value)
    except UnusableValueError:
        if only_looks_given(kind, value):
            return None
        raise


def only_looks_given(kind: str, value: str) -> bool:
    """Whether a value is what people and systems fill in where they know none: "null", "-", "0000000"."""
    lowered = value.casefold()
    if lowered in NOT_GIVEN or ONLY_FILLING.fullmatch(value):
        return True
    if kind in ("phone", "national_id") and ONE_CHARACTER.fullmatch(PHONE_PUNCTUATION.sub("", value)):
        return True
    return kind not in ("name", "given_name") and lowered in NOT_GIVEN_BUT_A_NAME


def _cleaned(text: str) -> str:
    if text.isascii():
        return " ".join(text.split())
    visible = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return " ".join(visible.split())


def _phone(value: str) -> str:
    """E.164 with its plus sign. A number without country code is taken as one of DEFAULT_COUNTRY."""
    digits = PHONE_PUNCTUATION.sub("", value.removeprefix("tel:"))
    if digits.startswith(("+", "00")):
        international = digits.removeprefix("+") if digits.startswith("+") else digits[2:]
        international = re.sub(rf"^{DEFAULT_COUNTRY}0", DEFAULT_COUNTRY, international)  # +86 (0) 138 ...
    else:
        match = HOME_NUMBER.fullmatch(digits)
        international = DEFAULT_COUNTRY + (match[1] or match[2]) if match else ""
    is_number = international.isascii() and (
        HOME_E164.fullmatch(international) or FOREIGN_E164.fullmatch(international)
    )
    if not is_number:
        raise UnusableValueError("not a phone number")
    return f"+{international}"


def _email(value: str) -> str:
    if not EMAIL.fullmatch(value):
        raise UnusableValueError("not an e-mail address")
    return value.lower()


def _name(value: str) -> str:
    if not any(character.isalpha() for character in value):
        raise UnusableValueError("not a name")
    return unicodedata.normalize("NFKC", value.casefold())


def _given_name(value: str) -> str | None:
    """The name without its surname, which stands first in Chinese characters; None where the script does not tell."""
    name = _name(value).replace(" ", "")
    if not CHINESE_NAME.fullmatch(name):
        return None
    has_long_surname = len(name) > 2 and name[:2] in SURNAMES_OF_TWO
    return name[2 if has_long_surname else 1 :]


def _national_id(value: str) -> str:
    compact = re.sub(r"[\s\-]", "", value).upper()
    if not NATIONAL_ID.fullmatch(compact):
        raise UnusableValueError("not an identity number")
    if RESIDENT_ID.fullmatch(compact) and _is_mistyped(compact):
        raise UnusableValueError("an identity number with a digit that is wrong")
    return compact


def _is_mistyped(number: str) -> bool:
    """Whether the check character of a resident's identity number (GB 11643) does not fit.

    It tells one wrong digit and two neighbours that changed places. Nobody has such a number: two records of which
    one carries it would look like two people, and its token ties nobody.
    """
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], CHECK_WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11] != number[17]


def _address(value: str) -> str:
    return unicodedata.normalize("NFKC", value.casefold())


def _ip_address(value: str) -> str | None:
    """Compressed form; an IPv4 address written as IPv6 (::ffff:10.0.0.1) is the IPv4 address."""
    if PLAIN_IPV4.fullmatch(value) and value != "0.0.0.0":  # noqa: S104 (no binding; most events bring such a one)
        return value
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        raise UnusableValueError("not an IP address") from None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return None if address.is_unspecified else str(mapped or address)


NORMAL_FORMS = {
    "phone": _phone,
    "email": _email,
    "name": _name,
    "given_name": _given_name,
    "national_id": _national_id,
    "address": _address,
    "ip_address": _ip_address,
}
