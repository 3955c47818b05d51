"""Imported first in the process from which jobs are forked: it ends with the run, also while it still imports libraries."""

import os

from analysis.jobs.job import die_with

die_with(os.getppid())
