"""The tests that a claim of config/claims.yaml lists, and the specifications that they read."""

from __future__ import annotations

# Tests of the claim itself, of its surroundings, and of a reader's firms.
TEST_LISTS = ("tests", "context", "firms")


def tests_of(claim: dict) -> list[dict]:
    """Return every test that a claim lists."""
    return [test for key in TEST_LISTS for test in claim.get(key, [])]


def specifications_of(claim: dict) -> list[str]:
    """Return the specifications whose estimates the tests of a claim read, their companions for bounds and placebos included."""
    companions = ((test["from"], test.get("honest"), test.get("placebo", {}).get("from")) for test in tests_of(claim))
    return list(dict.fromkeys(name for names in companions for name in names if name))


def with_bounds(claims: dict, event_studies: dict[str, list[str]], offered: dict[str, list[str]]) -> dict:
    """Return the claims whose tests of an average effect name, as `honest`, the event study that bounds violations of trends.

    `event_studies` maps a specification to its companions, `offered` a specification to its outcomes. What no companion is
    estimated for stays without bounds, and the gate PRE has nothing to ask of it. A test may name its `honest` itself: where its
    effect has another scale than the event study, so that only the side of zero is common to both.
    """

    def bounded(test: dict) -> dict:
        if "honest" in test or test["term"] != "att":
            return test
        companions = (name for name in event_studies.get(test["from"], []) if test.get("outcome", "none") in offered.get(name, []))
        return next(({**test, "honest": name} for name in companions), test)

    return {
        name: {key: [bounded(test) for test in value] if key in TEST_LISTS else value for key, value in claim.items()}
        for name, claim in claims.items()
    }
