"""The archived PDFs as printed: no small type, no page half empty, no heading or caption alone at the foot of a page."""

import re

import pytest
import typst

from analysis.core.documents import TEXTS
from analysis.core.rawfiles import ROOT
from tests.paper.printed_pages import pages_of

pytestmark = pytest.mark.fast

ARCHIVED = [text.removesuffix(".typ") + ".pdf" for volumes in TEXTS.values() for text in volumes]
SMALLEST = 7.0  # points in print
BLANK = 0.4  # of the height of the text
HEADING = 11.0  # points: larger than the text and its captions
# A caption of a table, or a heading at the beginning of a paragraph.
ALONE = re.compile(r"TableS?\d+\.|(Questionandestimand|Sample|Picture|Results|Whatwouldundoit)\.$")


@pytest.fixture(scope="module", params=ARCHIVED)
def pages(request):
    return pages_of(ROOT / request.param)


def small(pages):
    """Return (page, size, letters) wherever type is smaller than the least that is easily read."""
    return [(page.number, size, words[:30]) for page in pages for size, words in page.sizes.items() if size < SMALLEST - 0.01]


def empty(pages):
    """Return (page, share) for every page with a blank band too large, but for the last."""
    return [(page.number, round(page.blank, 2)) for page in pages[:-1] if page.blank > BLANK]


def lonely(pages):
    """Return (page, line) for every page that ends with a heading, or with the caption of a table."""
    return [(page.number, page.last.words) for page in pages if page.last.size > HEADING or ALONE.match(page.last.words)]


def test_all_type_is_large_enough(pages):
    assert small(pages) == []


def test_no_page_is_half_empty(pages):
    assert empty(pages) == []


def test_no_heading_and_no_caption_stands_alone_at_the_foot_of_a_page(pages):
    assert lonely(pages) == []


FAULTY = """
#set page(paper: "a4", margin: (x: 2.5cm, y: 2.4cm), numbering: "1")
#set text(size: 10.5pt)
Text. #text(size: 6pt)[small]
#v(17cm)
#text(size: 14.7pt)[A heading]
#pagebreak()
Text. #scale(60%, reflow: true)[#text(size: 10.5pt)[shrunk]]
#v(23cm)
Table S1. A caption
#pagebreak()
The last page.
"""


def test_faults_would_be_found(tmp_path):
    (tmp_path / "faulty.typ").write_text(FAULTY, encoding="utf-8")
    (tmp_path / "faulty.pdf").write_bytes(typst.compile(str(tmp_path / "faulty.typ"), ignore_system_fonts=True))
    pages = pages_of(tmp_path / "faulty.pdf")
    assert [(number, size, words) for number, size, words in small(pages)] == [(1, 6.0, "small"), (2, 6.3, "shrunk")]
    assert [number for number, _ in empty(pages)] == [1, 2]
    assert lonely(pages) == [(1, "Aheading"), (2, "TableS1.Acaption")]
