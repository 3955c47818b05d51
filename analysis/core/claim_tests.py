"""The tests that a claim of config/claims.yaml lists, and the specifications that they read."""

from __future__ import annotations

# Tests of the claim itself, of its surroundings, and of a reader's firms.
TEST_LISTS = ("tests", "context", "firms")


def tests_of(claim: dict) -> list[dict]:
    """Return every test that a claim lists."""
    return [test for key in TEST_LISTS for test in claim.get(key, [])]


def specifications_of(claim: dict) -> list[str]:
    """Return the specifications whose estimates the tests of a claim read, their companions for honest bounds included."""
    return list(dict.fromkeys(name for test in tests_of(claim) for name in (test["from"], test.get("honest", test["from"]))))
