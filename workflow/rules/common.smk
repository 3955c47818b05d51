"""Reads and checks the configuration, and finds the file behind each product's name.

Needs: config/*.yaml, workflow/schemas/*.yaml, the signatures in analysis/.
Makes: nothing; the other rule files use what is defined here.
"""

import os
import sys

from analysis.core import catalogue
from analysis.core import rawfiles
from analysis.core.blinding import blind_seed
from analysis.core.catalogue import (
    ingredients,
    module_of,
    program,
    program_files,
    source_files,
    version,
)
from analysis.core.claim_tests import specifications_of
from analysis.core.comparisons import entries, made_by, parts
from analysis.core.errors import ConfigError, DataError, UnknownName
from analysis.core.documents import STUDY as PAPER, VALIDATION
from analysis.core.freeze import LABELS  # rewording one refits nothing
from analysis.core.paths import (
    BENCHMARK,
    FILES,
    FINGERPRINTS,
    exhibit_files,
    file_of,
    product_files,
)
from analysis.jobs.dispatch import dispatch, make_ready
from analysis.provenance.graph import made_from
from bootstrap import REPEATABLE
from analysis.core.config import (
    JOINT,
    RECOVERIES,
    SECTIONS,
    VERDICTS,
    claim_test,
    claims_tested,
    load,
    products,
)

# Also for those who call snakemake without bootstrap.py: results must not depend on how it was started.
for variable, value in REPEATABLE.items():
    os.environ.setdefault(variable, value)

try:
    STUDY = load()
    BLIND = (
        blind_seed()
    )  # a parameter of the rules whose products show it: blind and open ones never mix
except (ConfigError, UnknownName, DataError) as error:
    # The message says everything; a traceback would bury it. (Snakemake reports SystemExit as an error.)
    print(f"\nConfiguration error\n{error}\n", file=sys.stderr)
    sys.exit(1)

# Where a cluster runs the jobs, this process runs none.
if workflow.local_exec:
    make_ready()
CONTRACTS = STUDY["contracts"]
DOCUMENTS = STUDY["documents"]
KIND = products(STUDY)


wildcard_constraints:
    name=r"\w+",
    outcome=r"\w+",
    exhibit=r"\w+",


def files_of(name):
    """The file (or, for a specification, the list of files) that holds product `name`."""
    return product_files(STUDY, KIND[name], name)


def code(stage, kind, name):
    """Source files that a job of `stage` runs to make product `name` of a kind."""
    return program(stage, *made_by(STUDY["exhibits"], kind, name))


def inputs_of(kind, name):
    """Name → file of the products that product `name` is made from."""
    return {part: files_of(part) for part in parts(STUDY, kind, name) if part in KIND}


def sections_of(kind, name):
    """Argument → section of the configuration, or entry that lists products, for arguments that name one."""
    return {
        part: STUDY[part] for part in parts(STUDY, kind, name) if part in SECTIONS
    } | entries(STUDY, kind, name)


def listed(files):
    """One file or several, as a list."""
    return [files] if isinstance(files, str) else list(files)
