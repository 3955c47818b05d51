"""What a person says about a file where it could be read in more ways than one."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.core.errors import BadOption

# Marks that a shell makes hard to type may be given by name.
NAMED = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "point": ".", "space": " ", "apostrophe": "'"}
DECIMALS = (".", ",")
THOUSANDS = (",", ".", " ", "'", "_")


@dataclass(frozen=True)
class Reading:
    """The answers; an empty one leaves it to the file. Raises BadOption for a mark that cannot be one.

    `missing` are texts that stand for a missing value in every named column; `sheet` names a sheet of a workbook;
    `periods_as_text` allows periods and cohorts that are no numbers (2019Q1, 2019-03-31), which are then handed on as text.
    """

    delimiter: str = ""
    decimal: str = ""
    thousands: str = ""
    encoding: str = ""
    missing: tuple[str, ...] = ()
    sheet: str = ""
    periods_as_text: bool = False

    def __post_init__(self) -> None:
        for field in ("delimiter", "decimal", "thousands"):
            value = getattr(self, field)
            object.__setattr__(self, field, NAMED.get(value.lower(), value))
        if len(self.delimiter) > 1 or self.delimiter in ('"', "\n", "\r"):
            raise BadOption(
                f"--delimiter '{self.delimiter}': give one character, or comma, semicolon, tab, pipe",
                "delimiter",
                self.delimiter,
                "one character",
            )
        if self.decimal and self.decimal not in DECIMALS:
            raise BadOption(f"--decimal '{self.decimal}': give . or ,", "decimal", self.decimal, DECIMALS)
        if self.thousands and self.thousands not in THOUSANDS:
            raise BadOption(
                f"--thousands '{self.thousands}': give one of {' '.join(THOUSANDS).replace('   ', ' space ')}",
                "thousands",
                self.thousands,
                THOUSANDS,
            )
        if self.thousands and self.thousands == self.decimal:
            raise BadOption(
                f"--thousands and --decimal cannot both be '{self.decimal}'", "thousands", self.thousands, "another mark than decimal"
            )
        if self.encoding:
            try:
                "".encode(self.encoding)
            except (LookupError, ValueError) as error:
                raise BadOption(
                    f"--encoding '{self.encoding}': unknown; examples are utf-8, utf-16, cp1252, gb18030",
                    "encoding",
                    self.encoding,
                    ("utf-8", "utf-16", "cp1252", "gb18030"),
                ) from error
