"""Text that was decoded in a wrong encoding and written anew: set right where the letters it stands for are beyond doubt.

Bytes of UTF-8 follow rules that text of another encoding meets by chance only: what turns into UTF-8 without a rest was such
(SociÃ©tÃ© is Société; 涓浗 is 中国). Elsewhere the letters must be common ones (ÖÐ¹ú is 中国).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from analysis.sources.firms.encodings import OFTEN, encoding_of

BEYOND = re.compile(r"[^\x00-\x7f]+")
ASIAN = re.compile(r"[\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]{2,}")
WESTERN = re.compile(r"[À-žΑ-ωА-яЁё\u2010-\u203a€™ªº°«»®©·–— ]+")
RUSSIAN = re.compile(r"[А-ЯЁ]?[а-яё]{3,}")
IN_NO_WORD = re.compile(r"[бвгджзклмнпрстфхцчшщ]й")  # Greek bytes as Russian letters
# One Chinese character within a Western word: two bytes of UTF-8 that were read as one character (Soci茅t茅).
INSIDE = re.compile(r"(?<=[a-z])[\u4e00-\u9fff](?=[a-z\s.,;\"]|$)|(?<=[A-Z])[\u4e00-\u9fff](?=[a-z])")
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
LETTERS = re.compile(r"[À-ž]+")
# A cell of a text file, or a part of one: what is true of a word of it is true of its others.
CELL = re.compile(r"[^,;\t|\"\n]+")
# What is left of letters that are lost, or of such text cut in half.
LOST = re.compile("\N{REPLACEMENT CHARACTER}|锟斤拷|Ã[\u0080-¿ƒ†‡‰Š‹ŒŽ]|Â[\u0080-¿]|â€|ï»¿")
NEIGHBOURS = 12
# Times that text is written over and over.
TURNS = 3
SET_RIGHT = "text that was written in UTF-8 and read in another encoding is set right"
IN_PART = "text that was read in a wrong encoding before is set right in part only; export it anew as UTF-8"
LETTERS_LOST = "letters are lost: the text was read in a wrong encoding before; export it anew as UTF-8"


def mended(text: str) -> tuple[str, int]:
    """Return the text with what is certain set right, and how many places were."""
    count = 0

    def right(match: re.Match[str]) -> str:
        nonlocal count
        made = _meant(match[0])
        count += made != match[0]
        return made

    def right_inside(match: re.Match[str]) -> str:
        nonlocal count
        made = _recoded(match[0], "gb18030", "utf-8")
        sure = len(made) == 1 and "à" <= made <= "ž"
        count += sure
        return made if sure else match[0]

    def right_beside(match: re.Match[str]) -> str:
        """Where one letter within words of a cell was such a character, those that begin its words were as well."""
        made = match[0] if match[0].isascii() else INSIDE.sub(right_inside, match[0])
        return CHINESE.sub(_western, made) if made != match[0] else made

    if text.isascii():
        return text, 0
    made = BEYOND.sub(right, text)
    return (CELL.sub(right_beside, made) if INSIDE.search(made) else made), count


def _western(match: re.Match[str]) -> str:
    made = _recoded(match[0], "gb18030", "utf-8")
    return made if LETTERS.fullmatch(made) else match[0]


def halved(old: str, new: str) -> str:
    """Return the first cell of a text of which one word is set right and another, with letters beyond ASCII, is as it was; or ''."""
    if old == new:
        return ""
    for was, made in zip(CELL.findall(old), CELL.findall(new), strict=False):
        if was != made and any(any(map(str.isalpha, run)) for run in set(BEYOND.findall(was)) & set(BEYOND.findall(made))):
            return made.strip()
    return ""


def of_cells(cells: Iterable[str | None]) -> tuple[dict[str, str], list[str], list[str]]:
    """Return cells of text that are set right by what they were, and notes and doubts on them for the reading."""
    distinct = {cell for cell in cells if cell and not cell.isascii()}
    made = {cell: mended(cell)[0] for cell in distinct}
    right = {cell: new for cell, new in made.items() if new != cell}
    gone = sorted(filter(None, (lost(new) for new in made.values())))
    part = sorted(filter(None, (halved(cell, new) for cell, new in right.items())))
    doubts = [f"{said} (first: {places[0]})" for said, places in ((LETTERS_LOST, gone), (IN_PART, part)) if places]
    return right, [f"{SET_RIGHT} ({len(right):,} of its words)"] if right else [], doubts


def lost(text: str) -> str:
    """Return the first place where letters of a text are lost, with its neighbours, or ''."""
    found = None if text.isascii() else LOST.search(text)
    if found is None:
        return ""
    return text[max(found.start() - NEIGHBOURS, text.rfind("\n", 0, found.start()) + 1, 0) : found.end() + NEIGHBOURS].split("\n")[0]


@lru_cache(maxsize=1 << 16)
def _meant(run: str) -> str:
    """Return what a run of letters beyond ASCII stands for; itself where it stands for itself."""
    for _ in range(TURNS):
        made = _once(run)
        if made == run:
            break
        run = made
    return run


def _once(run: str) -> str:
    for encoding in ("cp1252", "gb18030", "cp1251", "cp1250"):
        made = _recoded(run, encoding, "utf-8")
        if made and (
            ASIAN.fullmatch(made) or (encoding != "gb18030" and WESTERN.fullmatch(made)) or (encoding == "cp1252" and _symbol(made))
        ):
            return made
    if len(run) >= 4 and (made := _recoded(run, "cp1252", "gb2312")) and ASIAN.fullmatch(made) and _common(made) and _of_firms(run):
        return made
    if len(run) >= 4 and (made := _recoded(run, "cp1252", "cp1251")) and RUSSIAN.fullmatch(made) and not IN_NO_WORD.search(made):
        return made
    return run


def _symbol(made: str) -> bool:
    """Return whether the text is one Western character or one of three bytes; two bytes of other scripts stand in words, not alone."""
    return len(made) == 1 and ("\xa0" <= made <= "\u024f" or made >= "\u0800")


def _recoded(run: str, wrong: str, right: str) -> str:
    """Return the run in the right encoding, or '' where its bytes in the wrong one are none of it."""
    try:
        return b"".join(_byte(character, wrong) for character in run).decode(right)
    except UnicodeError:
        return ""


def _byte(character: str, encoding: str) -> bytes:
    """Return a character's bytes; those that Windows leaves undefined stand for themselves."""
    try:
        return character.encode(encoding)
    except UnicodeEncodeError:
        if character <= "\x9f":
            return character.encode("latin-1")
        raise


def _of_firms(run: str) -> bool:
    """Return whether the characters are those of Chinese firms' names rather than of Korean or Japanese ones, whose bytes are Chinese ones too."""
    data = b"".join(_byte(character, "cp1252") for character in run)
    return encoding_of(data) == "gb18030" and any(character in OFTEN["gb18030"] for character in data.decode("gb18030"))


def _common(text: str) -> bool:
    """Return whether all characters are of level 1 of GB 2312 or punctuation."""
    return all(0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3 for lead in text.encode("gb2312")[::2])
