"""How people are written down: names, phone numbers, identity numbers, addresses, in the spellings partners use."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from demo.world import EPOCH

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN_MALE = "伟强磊军勇杰涛明超辉建国志文俊浩宇轩博鹏飞龙斌峰刚平波凯健林泽晨航毅睿恒霖昊然"
GIVEN_FEMALE = "芳娜敏静丽艳娟霞秀兰玲桂英梅琳雪婷倩慧欣怡佳悦颖莹洁琪萱诗雨梦瑶涵蕾露薇晓燕云"
PINYIN = ("wang", "li", "zhang", "liu", "chen", "yang", "zhao", "huang", "zhou", "wu", "xu", "sun", "hu", "zhu", "gao")
MAIL_HOSTS = ("mail.example.com", "Mail.Example.com", "post.example.cn", "example.org")
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
_FULL_WIDTH = str.maketrans("0123456789", "".join(chr(0xFF10 + digit) for digit in range(10)))
_CHECK_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def full_name(is_male: bool, chance: np.random.Generator) -> str:
    """Surname and one or two given characters."""
    given = GIVEN_MALE if is_male else GIVEN_FEMALE
    surname = SURNAMES[int(len(SURNAMES) * chance.random() ** 2)]
    return surname + "".join(given[int(i)] for i in chance.integers(0, len(given), 1 + int(chance.random() < 0.8)))


def email(number: int, surname_index: int, spelling: float) -> str:
    """An address of a reserved domain; one in four carries capitals, as people type them."""
    name = f"{PINYIN[surname_index % len(PINYIN)]}.{number % 97:02d}{number:06d}"
    return f"{name.title() if spelling < 0.25 else name}@{MAIL_HOSTS[int(spelling * 16) % len(MAIL_HOSTS)]}"


def mobile_number(number: int) -> str:
    """The eleven digits of the number-th mobile phone; different numbers give different phones."""
    return f"{MOBILE_PREFIXES[number % len(MOBILE_PREFIXES)]}{(number * 7_919 + 12_345_678) % 100_000_000:08d}"


def spelled_phone(digits: str, spelling: float) -> str:
    """The same phone as a form, an import or a call centre writes it; all mean the same E.164 number."""
    first, middle, last = digits[:3], digits[3:7], digits[7:]
    if spelling < 0.45:
        return digits
    if spelling < 0.70:
        return f"+86{digits}"
    if spelling < 0.80:
        return f"+86 {first} {middle} {last}"
    if spelling < 0.88:
        return f"{first}-{middle}-{last}"
    if spelling < 0.94:
        return f"0086 {first}{middle}{last}"
    if spelling < 0.97:
        return f" {digits} "
    return digits.translate(_FULL_WIDTH)


def national_id(city_code: str, birth_day: int, sequence: int, is_male: bool) -> str:
    """Eighteen characters with the check character of ISO 7064 MOD 11-2 (GB 11643)."""
    born = (EPOCH + timedelta(days=birth_day)).strftime("%Y%m%d")
    digits = f"{city_code[:4]}{1 + sequence // 500:02d}{born}{(sequence % 500) * 2 + int(is_male):03d}"
    remainder = sum(int(digit) * weight for digit, weight in zip(digits, _CHECK_WEIGHTS, strict=True)) % 11
    return digits + "10X98765432"[remainder]


def spelled_national_id(number: str, spelling: float) -> str:
    """The same number in lower case or with stray blanks, as one in ten is delivered."""
    if spelling < 0.06:
        return number.lower()
    return f" {number}" if spelling < 0.10 else number


def address(city_name: str, household: int) -> str:
    """The postal address of a household."""
    street = STREETS[household % len(STREETS)]
    house, entrance, flat = household // 7 % 900 + 1, household % 18 + 1, f"{household % 29 + 1}0{household % 4 + 1}"
    return f"{city_name}{street}{house}号{entrance}单元{flat}室"


def ip_address(household: int) -> str:
    """The address of a household's connection: private IPv4, and for one in twelve documentation IPv6."""
    if household % 12 == 0:
        return f"2001:DB8:{household // 65_536:X}:{household % 65_536:X}::1"
    return f"10.{household // 65_536 % 256}.{household // 256 % 256}.{household % 256}"
