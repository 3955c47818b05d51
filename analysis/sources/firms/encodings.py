"""The encoding of a text that is no UTF-8, told by what its letters would be: names are joined on, and may not be garbled.

Two bytes make a character of Chinese, Japanese and Korean encodings, and their tables are ordered by how common characters are
(GB 2312 level 1: rows 16 to 55; Big5 level 1: A4 to C6; KS X 1001 syllables: rows 16 to 40; JIS X 0208 level 1: rows 16 to 47).
Cyrillic words consist of letters beyond ASCII, Western ones have single letters beyond ASCII among others.
"""

from __future__ import annotations

import re
from collections import Counter

SAMPLE = 1 << 20
# Share of characters that must be common in the encoding, and share below which another encoding is out of the question.
COMMON, RARE = 0.75, 0.9
# Share of characters that must be among those of names of firms, where nothing else tells.
KNOWN = 0.2
# Leading bytes of common characters and of punctuation, by encoding.
LEADS = {
    "gb18030": ("gb2312", range(0xB0, 0xD8), range(0xA1, 0xA4)),
    "big5": ("big5", range(0xA4, 0xC7), range(0xA1, 0xA4)),
    "cp932": ("cp932", range(0x82, 0x98), range(0x81, 0x82)),
    "euc_kr": ("euc_kr", range(0xB0, 0xC9), range(0xA1, 0xA4)),
    "euc_jp": ("euc_jp", range(0xA4, 0xD0), range(0xA1, 0xA4)),
}
# Characters of names of firms and of headers, by which encodings are told apart whose tables both fit.
OFTEN = {
    "gb18030": "的一有人大国公司股份限团集科技业发展中华东西南北京海市省江山河广州深圳电子信息软件网络设备制造工程建筑材料化学医药生物能源汽车机械食品银行证券保险"
    "投资基金控股实业商贸物流交通运输航空港口地产城开环保水利力钢铁色金属矿煤炭石油纺织服装家居传媒文教育农新兴明光联合创智数码代名称日期年度会计间资产负债总营收入"
    "利润净额成本费用研专币种单位万元浙苏福建四川湖安徽",
    "big5": "的一有人大國公司股份限團集科技業發展中華東西南北京海市省江山河廣州電子信息資訊軟體網路設備製造工程建築材料化學醫藥生物能源汽車機械食品銀行證券保險"
    "投資基金控股實商貿物流交通運輸航空港口地產城開環保水利力鋼鐵色金屬礦煤炭石油紡織服裝家居傳媒文教育農新興明光聯合創智數碼代名稱日期年度會計間資產負債總營收入"
    "利潤淨額成本費用研專幣種單位萬元台灣半導積寶鴻精密晶圓聯",
    "euc_kr": "주식회사삼성전자현대자동차한국에스케이엘지화학산업건설기업은행증권보험통신제약바이오텍중공전기정보기술대우롯데코리아그룹홀딩스",
    "euc_jp": "株式会社東京日本電気工業製作所産業銀行証券保険化学薬品自動車機械食品不動本田トヨタソニー",
    "cp932": "株式会社東京日本電気工業製作所産業銀行証券保険化学薬品自動車機械食品不動本田トヨタソニー",
}
CYRILLIC = re.compile(r"[\u0400-\u04ff]{3,}")
LETTERS = re.compile(r"[^\W\d_]+")
VOWELS = set("аеёиоуыэюяіїєАЕЁИОУЫЭЮЯІЇЄ")
# Letters of Icelandic and Faroese, and signs, that within words stand for letters of another encoding (Pawe³, Güneþ, £ódŸ).
STRANGE = re.compile(
    r"(?<=[^\W\d_]{2})[³¹¿¼¾¯¥£±¶¸]|[³¿£¥¼¾¯±¹](?=[a-zà-ÿœž]{2})|[a-zà-ÿ][ÐÞÝ]|[a-z]{2}[þð](?=\s|$|[,;|\t\"])|[þð](?=[bcdfghklmnpst][a-z])|\b(?:È(?!ve)|[ÌÒÙ])[a-z]"
)


def encoding_of(data: bytes) -> str:
    """Return the encoding of text with bytes beyond ASCII that is no UTF-8, or '' where its letters do not show it."""
    fits = {
        encoding: score for encoding in LEADS if (score := _common(data, encoding)) >= COMMON or (score and _often(data, encoding) > KNOWN)
    }
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", data[:SAMPLE])]
    paired = sum(length for length in runs if length > 1) >= 0.6 * sum(runs)
    known = max((_often(data, encoding) for encoding in fits), default=0.0)
    if not known and (cyrillic := likely_cyrillic(data)):
        return cyrillic
    # The second byte may be an ASCII letter's: then the words must be those of firms.
    if fits and (paired or known > KNOWN):
        return _told_apart(data, fits)
    return likely_cyrillic(data) or _western(data)


def _common(data: bytes, encoding: str) -> float:
    """Return the share of characters beyond ASCII that are common ones of the encoding; 0 where the bytes are none of it."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    table, common, marks = LEADS[encoding]
    good = every = 0
    for character, count in Counter(text[:SAMPLE]).items():
        if character <= "\x7f":
            continue
        try:
            lead = character.encode(table)[0]
        except UnicodeEncodeError:
            lead = 0
        every += count * (lead not in marks)
        good += count * (lead in common)
    return good / every if every else 0.0


def _told_apart(data: bytes, fits: dict[str, float]) -> str:
    """Return the encoding in which the words are those of firms or that alone fits well; '' where neither tells."""
    often = {encoding: _often(data, encoding) for encoding in fits}
    first, *others = sorted(fits, key=lambda encoding: often[encoding], reverse=True)
    if often[first] and often[first] >= 2 * max((often[other] for other in others), default=0.0):
        return first
    clear = max(fits, key=lambda encoding: fits[encoding])
    alone = fits[clear] > RARE and all(fits[other] < COMMON for other in fits if other != clear)
    # Mainland China's is the common one among exports; none of the others' words is here.
    return "gb18030" if "gb18030" in fits and not any(often.values()) else clear if alone and often[clear] else ""


def _often(data: bytes, encoding: str) -> float:
    text = [character for character in data.decode(encoding)[:SAMPLE] if character > "\x7f"]
    return sum(character in OFTEN[encoding] for character in text) / len(text)


def likely_cyrillic(data: bytes) -> str:
    """Return cp1251 or koi8-r where letters beyond ASCII make up words with vowels and capitals where words have them, else ''."""
    for encoding in ("cp1251", "koi8-r"):
        try:
            text = data.decode(encoding)[:SAMPLE]
        except UnicodeDecodeError:
            continue
        words = CYRILLIC.findall(text)
        letters = "".join(words)
        beyond = sum(character > "\x7f" and character.isalpha() for character in text)
        if len(letters) < 5 or len(letters) < 0.8 * beyond or not 0.25 <= sum(one in VOWELS for one in letters) / len(letters) <= 0.65:
            continue
        if encoding == "koi8-r" and letters.isupper():
            continue  # Hebrew and Greek have their letters where it has its capitals
        mixed = sum(not (word.islower() or word.isupper() or word.istitle()) for word in words)
        inside = sum(bool(re.search("[A-Za-z]", word)) for word in LETTERS.findall(text) if re.search("[\u0400-\u04ff]", word))
        if mixed <= 0.1 * len(words) and inside <= 0.05 * len(words):
            return encoding
    return ""


def _western(data: bytes) -> str:
    """Return Windows-1252 or Latin-1, or '' where words have letters or signs that no Western language has there."""
    try:
        encoding, text = "cp1252", data.decode("cp1252")
    except UnicodeDecodeError:
        encoding, text = "latin-1", data.decode("latin-1")
    sample = text[:SAMPLE]
    beyond = [character for character in sample if character > "\x7f" and character.isalpha()]
    together = sum(len(run) for run in re.findall(r"[À-ÿ]{4,}", sample) if set(run) - set("ÄÖÜäöüß"))
    return "" if together > 0.2 * len(beyond) or STRANGE.search(sample) else encoding
