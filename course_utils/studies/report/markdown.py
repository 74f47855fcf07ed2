"""Markdown as HTML that is safe to show to others: no HTML of its author, no link that leads out, no picture from elsewhere.

A link is written out with its address, which a reader on paper needs anyhow; of a picture its description is kept.

Pitfall: formulas between dollars stay as they were typed, since what typesets them is a script.
"""

from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from markupsafe import Markup

HEADING_SHIFT = 2  # a page has its own headings of the first two levels
_LOWEST = 6


def markdown_to_html(text: str) -> Markup:
    """The HTML of a text in markdown (CommonMark with tables); HTML in it is shown as text."""
    markdown, environment = _parser(), {"addresses": []}
    tokens = markdown.parse(text, environment)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + HEADING_SHIFT, _LOWEST)}"
    return Markup(markdown.renderer.render(tokens, markdown.options, environment))


@cache
def _parser() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    for name, rule in (("image", _image), ("link_open", _link_open), ("link_close", _link_close)):
        markdown.add_render_rule(name, rule)
    return markdown


def _image(renderer: object, tokens: Sequence[Token], index: int, options: object, environment: dict) -> str:
    return f'<em class="aside">[picture: {escapeHtml(tokens[index].content or "no description")}]</em>'


def _link_open(renderer: object, tokens: Sequence[Token], index: int, options: object, environment: dict) -> str:
    address = str(tokens[index].attrGet("href") or "")
    shown = tokens[index + 1].content
    environment["addresses"].append("" if shown == address else address)
    return ""


def _link_close(renderer: object, tokens: Sequence[Token], index: int, options: object, environment: dict) -> str:
    address = environment["addresses"].pop()
    return f' <span class="address">({escapeHtml(address)})</span>' if address else ""
