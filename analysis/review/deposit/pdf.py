"""Markdown → PDF: read by markdown-it, set by Typst with the fonts that it brings, so that the bytes are the same everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import typst
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

HEAD = """#set document(title: {title}, date: datetime(year: {year}, month: 1, day: 1))
#set text(lang: "{language}", font: "Libertinus Serif", size: 10pt)
#set page(paper: "a4", margin: 2cm, numbering: "1")
#set par(justify: false)
#show raw: set text(size: 0.95em)
#show link: set text(fill: rgb("#1F4E79"))
#show table: set text(size: 7.5pt)
#show table.cell: set par(leading: 0.4em)
// Long paths and names may break after each part.
#show table: it => {{ show regex("[/_:,]"): mark => mark + sym.zws; it }}
"""
WIDEST = 60  # characters of a mean cell beyond which a column takes no more room
MARGIN = 7  # characters that bold headers and code take beyond those of text
# Elements that only wrap what they hold.
MARKS = {"strong": "#strong[{}]", "em": "#emph[{}]", "paragraph": "{}\n\n", "list_item": "[{}],", "th": "[*{}*],", "td": "[{}],"}


def typeset(text: str, path: Path, language: str, year: int) -> None:
    """Write the Markdown `text` (CommonMark with tables) as the PDF `path`."""
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(text))
    title = next(node.children[0].content for node in tree.children if node.type == "heading")
    source = HEAD.format(title=_string(title), year=year, language=language) + _children(tree)
    path.write_bytes(typst.compile(source.encode(), ignore_system_fonts=True))


def _children(node: SyntaxTreeNode) -> str:
    return "".join(_typst(child) for child in node.children)


def _typst(node: SyntaxTreeNode) -> str:
    """Return an element as Typst code; text goes in as a quoted string, so that nothing in it is read as code."""
    kind = node.type
    if kind in MARKS:
        return MARKS[kind].format(_children(node))
    if kind == "text":
        return f"#{_string(node.content)};"
    if kind in ("softbreak", "hardbreak"):
        return " "
    if kind == "code_inline":
        return f"#raw({_string(node.content)});"
    if kind in ("fence", "code_block"):
        return f"#raw(block: true, {_string(node.content.rstrip())})\n\n"
    if kind == "heading":
        return f"#heading(level: {node.tag[1]})[{_children(node)}]\n\n"
    if kind in ("bullet_list", "ordered_list"):
        return f"#{'list' if kind == 'bullet_list' else 'enum'}({_children(node)})\n\n"
    if kind == "link":
        return f"#link({_string(str(node.attrs['href']))})[{_children(node)}];"
    if kind == "table":
        return _table(node)
    if kind == "inline":
        return _children(node)
    raise ValueError(f"README: no rule sets the Markdown element '{kind}'")


def _table(node: SyntaxTreeNode) -> str:
    """Return a table whose columns share the width by their mean length, each at least as wide as its longest part of a word."""
    rows = [row for part in node.children for row in part.children]
    columns = zip(*([_words(cell) for cell in row.children] for row in rows), strict=True)
    widths = [max(min(sum(map(len, cells)) / len(cells), WIDEST), _longest(cells) + MARGIN) for cells in columns]
    head, *body = ("".join(_typst(cell) for cell in row.children) for row in rows)
    shares = ", ".join(f"{width:.0f}fr" for width in widths)
    return f"#table(columns: ({shares}), stroke: 0.3pt, inset: 3pt, align: left, table.header({head}), {''.join(body)})\n\n"


def _longest(cells: tuple[str, ...]) -> int:
    return max((len(part) for cell in cells for part in re.split(r"[\s/_:,]+", cell)), default=0)


def _words(node: SyntaxTreeNode) -> str:
    return node.content if node.type in ("text", "code_inline") else "".join(_words(child) for child in node.children)


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
