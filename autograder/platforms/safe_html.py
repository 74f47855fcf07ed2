"""Markdown as HTML in nbgrader's own pages, formgrader and feedback, with nothing in it that runs or is fetched.

nbconvert's own conversion lets a student's HTML through, and its `sanitize_html` does nothing in nbgrader's templates, so this
takes the place of the conversion (`HTMLExporter.filters`). nh3 decides what stays: formatting, tables, code with its colours,
links to other sites that a person may follow, and pictures that are in the notebook.
"""

import re
from collections.abc import Mapping

import nh3
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.execution.harmless_markdown import defused
from autograder.execution.harmless_outputs import is_picture

_TAGS = nh3.ALLOWED_TAGS - {
    "area",
    "article",
    "aside",
    "data",
    "figure",
    "footer",
    "header",
    "hgroup",
    "map",
    "nav",
    "time",
}
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start"},
    **dict.fromkeys(("td", "th"), {"align", "colspan", "rowspan"}),
    **dict.fromkeys(("div", "pre", "span"), {"class"}),
}
_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=\s]*")
_COLOURS = re.compile(
    r"highlight|hll|[a-z]{1,3}\d?"
)  # the classes of highlighted code; others could be those of the page


def safe_html(html: str) -> str:
    """HTML that runs nothing and fetches nothing, and that looks like what it was where that was harmless."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
    )


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """The value of an attribute, or None to leave it out."""
    if attribute == "href":
        return value if _LINK.match(value) else None
    if attribute == "src":
        return value if _PICTURE.fullmatch(value) else None
    if attribute == "class":
        return value if all(map(_COLOURS.fullmatch, value.split())) else None
    return value


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """nbconvert's filter of this name, with the pictures that are attached to the cell, and safe."""
    renderer = IPythonRenderer(escape=False, attachments=_pictures(context.get("cell", {})), exclude_anchor_links=True)
    return safe_html(MarkdownWithMath(renderer=renderer).render(defused(source)))


class _Pictures(dict):
    """Attachments by name; one that is not there is an empty picture, of which a browser shows the description."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> dict[str, str]:
        return {"image/png": ""}


def _pictures(cell: Mapping) -> _Pictures:
    """The attachments of a cell that are the pictures they say they are."""
    found = _Pictures()
    for name, data in (cell.get("attachments") or {}).items():
        if kept := {kind: value for kind, value in data.items() if is_picture(kind, value)}:
            found[name] = kept
    return found
