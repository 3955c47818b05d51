"""Reading a user's file: `read` returns the columns that are named, whatever the format, delimiter, encoding and marks."""

from analysis.reading.asked import Reading
from analysis.reading.file import read

__all__ = ["Reading", "read"]
