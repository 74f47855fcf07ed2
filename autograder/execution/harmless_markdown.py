"""Markdown of a student's, filed so that no browser runs anything of it, whatever renders it.

Parsers differ in which characters of markdown they take for HTML, so none is trusted: after every `<` that could begin a tag
stands a space of no width, in code as in text, unless the tag is one of formatting without attributes. What was written stays
readable.
"""

import re

NOTHING = "\N{ZERO WIDTH SPACE}"
_FORMATTING = (
    *(
        "b",
        "i",
        "u",
        "s",
        "em",
        "strong",
        "small",
        "sub",
        "sup",
        "br",
        "hr",
        "p",
        "code",
        "pre",
        "kbd",
        "del",
        "ins",
        "mark",
    ),
    *(
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "caption",
        "blockquote",
        "details",
    ),
    *("summary", "h1", "h2", "h3", "h4", "h5", "h6"),
)
_TAG = re.compile(rf"<(?!/?(?:{'|'.join(_FORMATTING)})\s{{0,9}}/?>)(?=[A-Za-z/!?])")
# What MathJax would make of a formula beyond formulas: links, styles, ids, packages, and names for any of these.
_NOT_MATHS = re.compile(
    r"\\(?=(?:href|url|require|unicode|style|class|cssId|data|html\w*|toggle|mathtip|texttip|includegraphics|def|let|"
    r"newcommand|renewcommand|providecommand|newenvironment|renewenvironment|csname|catcode)(?![A-Za-z]))",
)


def defused(source: str) -> str:
    """The same text, of which neither HTML nor MathJax makes more than formatting."""
    return _NOT_MATHS.sub("\\\\" + NOTHING, _TAG.sub("<" + NOTHING, source))
