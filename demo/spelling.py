"""How people are written down: names, phone numbers, identity numbers, addresses, in the spellings partners use."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

EPOCH = date(1970, 1, 1)

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN_MALE = "伟强磊军勇杰涛明超辉建国志文俊浩宇轩博鹏飞龙斌峰刚平波凯健林泽晨航毅睿恒霖昊然"
GIVEN_FEMALE = "芳娜敏静丽艳娟霞秀兰玲桂英梅琳雪婷倩慧欣怡佳悦颖莹洁琪萱诗雨梦瑶涵蕾露薇晓燕云"
PINYIN = ("wang", "li", "zhang", "liu", "chen", "yang", "zhao", "huang", "zhou", "wu", "xu", "sun", "hu", "zhu", "gao")
GIVEN_PINYIN = ("wei", "qiang", "lei", "jun", "yong", "jie", "tao", "ming", "chao", "hui", "fang", "na", "min", "jing")
MAIL_HOSTS = ("mail.example.com", "Mail.Example.com", "post.example.cn", "example.org")
CALL_CENTRE = "021-61234567"
PLACEHOLDERS = frozenset({CALL_CENTRE, "null", "00000000000"})
FILLINGS = {"email": "null", "national_id": "0" * 18}
"""What a form gets that insists on more than people tell."""
NO_DEVICES = ("0" * 15, "null")
"""What stands in place of a device that tells nothing of itself: noughts as long as an IMEI, or a word."""
MOBILE_PREFIXES = (130, 131, 135, 136, 137, 138, 139, 150, 151, 158, 159, 176, 177, 186, 187, 188)
STREETS = ("文三路", "人民路", "解放大道", "中山北路", "建设街", "长江路", "和平里", "新华路", "科技园南路", "滨河大道")
CITIES = (  # code (GB/T 2260), name, tier, weight: a few large cities hold most customers
    ("310000", "上海市", 1, 10),
    ("110000", "北京市", 1, 10),
    ("440100", "广东省广州市", 1, 8),
    ("440300", "广东省深圳市", 1, 9),
    ("330100", "浙江省杭州市", 2, 8),
    ("510100", "四川省成都市", 2, 7),
    ("420100", "湖北省武汉市", 2, 6),
    ("320100", "江苏省南京市", 2, 6),
    ("610100", "陕西省西安市", 2, 5),
    ("500000", "重庆市", 2, 6),
    ("370200", "山东省青岛市", 3, 4),
    ("350200", "福建省厦门市", 3, 3),
    ("410100", "河南省郑州市", 3, 5),
    ("340100", "安徽省合肥市", 3, 4),
    ("330600", "浙江省绍兴市", 4, 3),
    ("320900", "江苏省盐城市", 4, 3),
    ("430400", "湖南省衡阳市", 4, 2),
    ("450300", "广西壮族自治区桂林市", 4, 2),
)
ADDRESS_FIGURES = (len(STREETS), 999, 60, 6, 18, 4)  # streets, lanes, houses, entrances, floors, doors on a floor
ADDRESSES = math.prod(ADDRESS_FIGURES)
"""Different homes: 259 million, enough for three million people who move every month for six years."""
PHONES = len(MOBILE_PREFIXES) * 10**8
NATIONAL_IDS_OF_A_DAY = 99 * 500
"""For people of one sex born on one day in one city: so many counties, and so many people of each."""
_FULL_WIDTH = str.maketrans("0123456789", "".join(chr(0xFF10 + digit) for digit in range(10)))
_CHECK_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def full_names(is_male: np.ndarray, chance: np.random.Generator) -> pa.Array:
    """Surname and one or two given characters for each person."""
    count = len(is_male)
    surname = pa.array(list(SURNAMES)).take(pa.array((len(SURNAMES) * chance.random(count) ** 2).astype(np.int64)))
    given = [
        pc.if_else(
            pa.array(is_male),
            pa.array(list(GIVEN_MALE)).take(pa.array(chance.integers(0, len(GIVEN_MALE), count))),
            pa.array(list(GIVEN_FEMALE)).take(pa.array(chance.integers(0, len(GIVEN_FEMALE), count))),
        )
        for _ in range(2)
    ]
    second = pc.if_else(pa.array(chance.random(count) < 0.8), given[1], "")
    return pc.binary_join_element_wise(surname, given[0], second, "")


def transliterated(names: pa.Array) -> pa.Array:
    """Names as a form without Chinese characters takes them: the surname in pinyin, the rest as a number of it."""
    syllables = {character: PINYIN[place % len(PINYIN)] for place, character in enumerate(SURNAMES)}
    given = {character: GIVEN_PINYIN[place % len(GIVEN_PINYIN)] for place, character in enumerate(GIVEN_MALE)}
    given |= {character: GIVEN_PINYIN[place % len(GIVEN_PINYIN)] for place, character in enumerate(GIVEN_FEMALE)}
    spelled = [
        f"{syllables[name[0]].title()} {''.join(given[character] for character in name[1:]).title()}"
        for name in names.to_pylist()
    ]
    return pa.array(spelled, pa.string())


def with_another_surname(names: pa.Array) -> pa.Array:
    """The same people after they took another surname."""
    places = {character: place for place, character in enumerate(SURNAMES)}
    changed = [SURNAMES[(places[name[0]] + 7) % len(SURNAMES)] + name[1:] for name in names.to_pylist()]
    return pa.array(changed, pa.string())


def emails(numbers: np.ndarray, spelling: np.ndarray) -> pa.Array:
    """Addresses of reserved domains; one in four carries capitals, as people type them."""
    surname = pa.array(PINYIN).take(pa.array(numbers // 3 % len(PINYIN)))
    surname = pc.if_else(pa.array(spelling < 0.25), pc.utf8_capitalize(surname), surname)
    figure = pc.binary_join_element_wise(_padded(numbers % 97, 2), _padded(numbers, 6), "")
    name = pc.binary_join_element_wise(surname, figure, ".")
    host = pa.array(MAIL_HOSTS).take(pa.array((spelling * 16).astype(np.int64) % len(MAIL_HOSTS)))
    return pc.binary_join_element_wise(name, host, "@")


def mobile_numbers(numbers: np.ndarray) -> pa.Array:
    """The eleven digits of each of the numbered mobile phones; different numbers below PHONES give different phones."""
    _refuse_beyond(PHONES, numbers)
    operator, rest = np.array(MOBILE_PREFIXES)[numbers % len(MOBILE_PREFIXES)], numbers // len(MOBILE_PREFIXES)
    # The factor has no divisor in common with a power of ten, so it scatters numbers and never merges two.
    return pa.array(operator * 100_000_000 + (rest * 7_919 + 12_345_678) % 100_000_000).cast(pa.string())


def spelled_phones(digits: pa.Array, spelling: np.ndarray) -> pa.Array:
    """The same phones as a form, an import or a call centre writes them; all mean the same E.164 number."""
    first, middle, last = (pc.utf8_slice_codeunits(digits, a, b) for a, b in ((0, 3), (3, 7), (7, 11)))
    spellings = (
        (0.45, digits),
        (0.70, pc.binary_join_element_wise("+86", digits, "")),
        (0.80, pc.binary_join_element_wise("+86", first, middle, last, " ")),
        (0.88, pc.binary_join_element_wise(first, middle, last, "-")),
        (0.94, pc.binary_join_element_wise("0086 ", first, " ", middle, last, "")),
        (0.97, pc.binary_join_element_wise(" ", digits, " ", "")),
    )
    wide = pa.array([digit.translate(_FULL_WIDTH) if s >= 0.97 else None for digit, s in _pairs(digits, spelling)])
    conditions = [pa.array(spelling < bound) for bound, _ in spellings]
    return pc.case_when(
        pa.StructArray.from_arrays(conditions, names=[str(bound) for bound, _ in spellings]),
        *[spelled for _, spelled in spellings],
        wide.cast(pa.string()),
    )


def with_placeholders(phones: pa.Array, chance: np.ndarray, share: float) -> pa.Array:
    """What clerks type where a form insists on a number: noughts, the word null, or the call centre's own phone.

    share: of all forms; chance: a draw between 0 and 1 for each.
    """
    phones = pc.if_else(pa.array(chance < share), CALL_CENTRE, phones)
    phones = pc.if_else(pa.array(chance < share * 3 / 7), "null", phones)
    return pc.if_else(pa.array(chance < share * 1.5 / 7), "00000000000", phones)


def _pairs(texts: pa.Array, spelling: np.ndarray) -> list[tuple[str, float]]:
    return list(zip(texts.to_pylist(), spelling.tolist(), strict=True))


def national_ids(city: np.ndarray, birth_day: np.ndarray, sequence: np.ndarray, is_male: np.ndarray) -> pa.Array:
    """Eighteen characters with the check character of ISO 7064 MOD 11-2 (GB 11643).

    sequence: below NATIONAL_IDS_OF_A_DAY, another one for each person born on a day in a city.
    """
    _refuse_beyond(NATIONAL_IDS_OF_A_DAY, sequence)
    # Each day and city begins elsewhere, and steps that have no divisor in common with the whole meet no number twice.
    sequence = (sequence * 20_011 + city * 7_919 + birth_day * 104_729) % NATIONAL_IDS_OF_A_DAY
    born = birth_day.astype("datetime64[D]")
    year = born.astype("datetime64[Y]").astype(np.int64) + EPOCH.year
    month = born.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (born - born.astype("datetime64[M]")).astype(np.int64) + 1
    place = np.array([int(row[0][:4]) for row in CITIES])[city] * 100 + 1 + sequence // 500
    digits = ((place * 10_000 + year) * 10_000 + month * 100 + day) * 1_000 + sequence % 500 * 2 + is_male
    powers = 10 ** np.arange(16, -1, -1, dtype=np.int64)
    remainder = (digits[:, None] // powers % 10 @ np.array(_CHECK_WEIGHTS)) % 11
    check = pa.array(list("10X98765432")).take(pa.array(remainder))
    return pc.binary_join_element_wise(_padded(digits, 17), check, "")


def spelled_national_ids(numbers: pa.Array, spelling: np.ndarray) -> pa.Array:
    """The same numbers in lower case or with stray blanks, as one in ten is delivered."""
    spelled = pc.if_else(pa.array(spelling < 0.10), pc.binary_join_element_wise(" ", numbers, ""), numbers)
    return pc.if_else(pa.array(spelling < 0.06), pc.utf8_lower(numbers), spelled)


def addresses(city: np.ndarray, home: np.ndarray) -> pa.Array:
    """The postal address of each home; homes are numbered through the world, and below ADDRESSES no two are equal."""
    _refuse_beyond(ADDRESSES, home)
    town = pa.array([row[1] for row in CITIES]).take(pa.array(city))
    left, figures = home * 100_000_007 % ADDRESSES, []  # a prime: it scatters neighbours and never merges two
    for count in ADDRESS_FIGURES:
        left, figure = left // count, left % count
        figures.append(figure)
    street, lane, house, entrance, floor, door = figures
    texts = [pc.cast(pa.array(figure + 1), pa.string()) for figure in (lane, house, entrance)]
    flat = pc.cast(pa.array((floor + 1) * 100 + door + 1), pa.string())
    road = pa.array(STREETS).take(pa.array(street))
    return pc.binary_join_element_wise(town, road, texts[0], "弄", texts[1], "号", texts[2], "单元", flat, "室", "")


def ip_addresses(home: np.ndarray) -> pa.Array:
    """The address of each home's connection: private IPv4, and for one in twelve documentation IPv6."""
    texts = [
        f"2001:DB8:{number // 65_536:X}:{number % 65_536:X}::1"
        if number % 12 == 0
        else f"10.{number // 65_536 % 256}.{number // 256 % 256}.{number % 256}"
        for number in home.tolist()
    ]
    return pa.array(texts, pa.string())


def _padded(numbers: np.ndarray, digits: int) -> pa.Array:
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0")


def _refuse_beyond(limit: int, numbers: np.ndarray) -> None:
    """ValueError before two strangers would be written down alike."""
    if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < limit:
        raise ValueError(f"only {limit:,} different ones can be written: a smaller world, or a shorter history")
