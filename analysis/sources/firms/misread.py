"""Names that were decoded in a wrong encoding and saved again, told by letters that no language has so: asked about, with what they may be.

What is beyond doubt is set right by `mojibake`; here stand the encodings of which it is not: those of DOS and of the Macintosh
(Soci├®t├®, SociÈtÈ), two bytes of Chinese, Japanese or Korean as letters (»ï¼º), UTF-8 as one of those (Sociﾃｩtﾃｩ).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from analysis.sources.firms.encodings import VOWELS, encoding_of
from analysis.sources.firms.findings import Finding
from analysis.sources.firms.grid import ROW

LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
ASIA = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
HALF_WIDTH = "\uff61-\uff9f"
# Signs that stand in no word, and those that may begin or end one (quotation marks, footnotes).
NEVER = "√∫∂∏∑∞≈≠≤≥◊ˆ˜˛˝ˇ˘¬÷¤\u2500-\u259f⌐⌠⌡₧"
WITHIN = "ƒ†‡„‚‰”§ⁿ¶±¢£¥¦¼½¾¡¿¯˙˚¨¸‹›©"
# Words of such letters may be any: of the letters of some languages that stand together in theirs.
TOGETHER = set("ÄÖÜÅÕäöüåõß")
ODD = re.compile(
    "|".join((
        "[\x80-\x9f]",
        rf"[{NEVER}](?=[{LATIN}\u0400-\u04ff])|(?<=[{LATIN}\u0400-\u04ff])[{NEVER}]",
        rf"(?<=[{LATIN}])[{WITHIN}]+(?=[{LATIN}])",
        r"(?<=[A-Za-z])(?:(?!ε)[Ͱ-ӿ])+(?=[A-Za-z])",
        r"(?<=[A-Za-zß-öø-ÿ][a-zß-öø-ÿ])[À-ÖØ-ÞŠŽŒŸ](?![A-Z])",
        rf"(?<=[A-Za-z])[{ASIA}]{{1,2}}(?=[a-z])|(?<![^\W\d_])[{ASIA}]{{1,2}}(?=[a-z]{{2}})",
        rf"(?<=[{LATIN}{ASIA}])[{HALF_WIDTH}]|[{HALF_WIDTH}](?=[{LATIN}{ASIA}])",
        rf"(?=[^\x00-\x7f\s]*[À-ÖØ-öø-ÿ{NEVER}])[\x80-ÿŒœŠšŸŽžƒıΩπΔΓΣΦΘασµτδφε∩–—‘’‚“”„†‡•…‰‹›€™{NEVER}]{{4,}}",
        r"\b[а-яё][А-ЯЁ]{2,}\b",
    ))
)  # fmt: skip
BEYOND = re.compile(r"[^\x00-\x7f]+")
CHINESE = re.compile(r"[\u4e00-\u9fff]{3,}")
WORDS = re.compile(r"[^\W\d_]+")
RUSSIAN = re.compile(r"[А-Яа-яЁёІіЇїЄє]+")
GREEK = re.compile(r"[Ͱ-Ͽ]+")
ASIAN = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff00-\uffef]+")
WESTERN = re.compile(r"[À-ÖØ-öø-žȘ-țªº]+")
MARKS = re.compile(r"[“”‘’«»–—•…·°²³®™©№€\xa0、。・（）]+")
# Read as → written in, where UTF-8 was read in an encoding that `mojibake` leaves alone.
AS_UTF8 = ("mac_roman", "cp437", "cp850", "cp866", "koi8-r", "cp932", "big5", "cp949", "euc_jp", "gb18030")
EIGHT_BITS = (
    ("mac_roman", "cp1252"), ("cp1252", "mac_roman"), ("cp850", "cp1252"), ("cp437", "cp1252"), ("cp1252", "cp850"), ("cp866", "cp1251"),
    ("cp1251", "cp866"), ("cp1252", "cp866"), ("cp1251", "koi8-r"), ("koi8-r", "cp1251"), ("cp1252", "cp1253"), ("cp1252", "cp1250"),
    ("cp1251", "cp1252"), ("koi8-r", "cp1252"), ("cp866", "cp850"), ("cp866", "cp1252"), ("gb18030", "cp1252"), ("big5", "cp1252"),
    ("cp932", "cp1252"), ("cp949", "cp1252"),
)  # fmt: skip
# Letters of many words: of two readings the one that has more of them is the likelier.
COMMON = "éèàçêüöäßñóíáøåæãłąęśżşğıčřšžúÉÇÜÖÄÑÁØÅŁŚŻŞİČŘŠŽ"
# Texts that are weighed: in a file that was read in a wrong encoding they may be all.
WEIGHED = 1_000
# Words of Cyrillic letters of so many and more are not read out of Chinese ones by chance.
LONG = 5


WRONG = "has letters as no language has them: the text seems to be read in a wrong encoding before"


@dataclass(frozen=True)
class Misread:
    """A text that seems to be read in a wrong encoding, and what it may be ('' where that cannot be told)."""

    text: str
    meant: str
    count: int


def doubted(cells: pd.DataFrame, headers: dict[str, str], table: str, file: str) -> list[Finding]:
    """Return a doubt for each column of text, by its header, with a text that was read in a wrong encoding: the first, and what it may be."""
    found = []
    for name in (one for one in headers if one in cells and pd.api.types.is_string_dtype(cells[one].dtype)):
        distinct = cells[name].dropna().unique()
        if one := misread(map(str, distinct)):
            rule = f"{WRONG}{f'; it may be {one.meant}' if one.meant else ''}: export it anew as UTF-8 (such texts: {one.count:,})"
            row = int(cells.loc[cells[name].eq(one.text).fillna(False), ROW].iloc[0])
            found.append(Finding(table, "doubtful", file, rule, row, headers[name], one.text))
    return found


def misread(texts: Iterable[str]) -> Misread | None:
    """Return the first of some distinct texts that was read in a wrong encoding, and how many were; None where none was."""
    odd = [text for text in texts if not text.isascii() and (ODD.search(text) or _chinese_in_bytes(text))]
    if not odd:
        return None
    odd = odd[:WEIGHED]
    best, _ = max(((_readings(odd, wrong, right), right) for wrong, right in _pairs(odd)), key=_likelihood)
    if best:
        first = next(text for text in odd if text in best)
        return Misread(first, best[first], len(best))
    lost = [text for text in odd if _of_no_language(text)]
    return Misread(lost[0], "", len(lost)) if lost else None


def _chinese_in_bytes(text: str) -> bool:
    """Return whether a text of Chinese characters is UTF-8 of other letters, which they are by chance only."""
    return bool(CHINESE.search(text)) and _read(text, "gb18030", "utf-8") != ""


def _likelihood(reading: tuple[dict[str, str], str]) -> tuple[int, bool, float]:
    """Return how many texts a reading makes sense of, whether it is of UTF-8, whose rules are met by chance only, and the share of common letters."""
    made, right = reading
    letters = [one for meant in made.values() for one in meant if not one.isascii()]
    return len(made), right == "utf-8", sum(one in COMMON for one in letters) / max(len(letters), 1)


def _pairs(odd: list[str]) -> list[tuple[str, str]]:
    """Return in which encodings the texts may have been read and written; those of two bytes as the letters of all texts tell."""
    pairs = [(wrong, "utf-8") for wrong in AS_UTF8]
    for wrong in ("cp1252", "mac_roman", "cp437", "cp850"):
        parts = [data for text in odd if (data := _bytes(text, wrong))]
        if parts and (right := encoding_of(b"\n".join(parts))) and right not in ("cp1252", "latin-1"):
            pairs.append((wrong, right))
    return [*pairs, *EIGHT_BITS]


def _readings(odd: list[str], wrong: str, right: str) -> dict[str, str]:
    made = {text: _read(text, wrong, right) for text in odd}
    return {text: meant for text, meant in made.items() if meant and meant != text and _plausible(meant, wrong, text)}


def _read(text: str, wrong: str, right: str) -> str:
    try:
        return _bytes(text, wrong).decode(right)
    except UnicodeError:
        return ""


def _bytes(text: str, encoding: str) -> bytes:
    """Return a text's bytes, b'' where the encoding has not its letters; bytes that Windows leaves undefined stand for themselves."""
    made = b""
    for one in text:
        try:
            made += one.encode(encoding)
        except UnicodeEncodeError:
            if one > "\x9f" or encoding != "cp1252":
                return b""
            made += one.encode("latin-1")
    return made


def _plausible(made: str, wrong: str, text: str) -> bool:
    """Return whether a reading is of one script, with capitals where words have them, and without what no language has."""
    letters = "".join(MARKS.sub("", run) for run in BEYOND.findall(made))
    if (
        ODD.search(made.replace("\xa0", " "))
        and not ASIAN.fullmatch(letters)
        and not RUSSIAN.fullmatch(letters)
        and not GREEK.fullmatch(letters)
    ):
        return False
    if WESTERN.fullmatch(letters):
        if re.search(r"[^\x00-\x7f\s]{4,}", made):
            return False
        # Words of Chinese, Japanese and Korean letters begin with capitals, if they are such.
        return not re.search(r"\b[à-öø-ÿ]", made) or not re.search(f"[{ASIA}]", text)
    if RUSSIAN.fullmatch(letters) or GREEK.fullmatch(letters):
        words = [word for word in WORDS.findall(made) if not word.isascii()]
        cased = all(word.islower() or word.isupper() or word.istitle() for word in words)
        vowels = sum(one in VOWELS for one in letters) / len(letters) if RUSSIAN.fullmatch(letters) else 0.4
        return cased and 0.2 <= vowels <= 0.7 and len(letters) >= (LONG if wrong == "gb18030" else 3)
    if ASIAN.fullmatch(letters):
        return len(letters) >= 2 and not re.search(rf"[a-z][{ASIA}]|[{ASIA}][a-z]", made) and not re.search(f"[{HALF_WIDTH}]", made)
    return False


def _of_no_language(text: str) -> bool:
    """Return whether a text has what no language has, whatever it was: four letters beyond ASCII in a row of Western Europe, or control characters."""
    runs = [run for run in re.findall(r"[\x80-\xff]{4,}", text) if not set(run) <= TOGETHER]
    return bool(runs or re.search("[\x80-\x9f]", text))
