"""The name that a user's column has inside the suite: `size` is `‹size›`, so that it can be taken for no column of our own."""

from __future__ import annotations

# Signs that mean something within the quotes, and the private characters that stand for them where a user's own name has them.
OWN = {ord("‹"): "\ue000", ord("›"): "\ue001", ord("@"): "\ue002"}
BACK = {ord(private): chr(own) for own, private in OWN.items()}


def quoted(column: str) -> str:
    """Return the name that a user's column has inside the suite."""
    return f"‹{column.translate(OWN)}›"


def unquoted(name: str) -> str:
    """Return the user's name of a column inside the suite."""
    return name[1:-1].translate(BACK)
