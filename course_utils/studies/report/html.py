"""HTML pages that stand alone and run nothing: how their templates are filled, and how figures and code get into them.

Every text is escaped, and its control characters are taken out, where the template shows it; so no caller can forget to. The
Content-Security-Policy that each page carries forbids scripts and everything from elsewhere.
"""

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
DPI = 150
_FORMATTER = HtmlFormatter(style="default")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def readable(text: str) -> str:
    """Text without control characters, characters that reverse the direction of reading, and halves of characters."""
    return _CONTROLS.sub("", text).encode("utf-8", "replace").decode("utf-8")


def page_environment(folder: Path, clean: Callable[[str], str] = readable) -> jinja2.Environment:
    """Templates of a folder, filled with escaped text, each piece of it cleaned first; a name that is not given is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) or not isinstance(value, str) else clean(value),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["policy"] = POLICY
    return environment


def highlighted(code: str) -> Markup:
    """Python code as coloured HTML; `highlight_css` gives its colours."""
    return Markup(highlight(readable(code), PythonLexer(), _FORMATTER))


def highlight_css() -> Markup:
    """The style rules of highlighted code."""
    return Markup(_FORMATTER.get_style_defs(".highlight"))


def picture(figure: "Figure", dpi: int = DPI) -> str:
    """A figure as the base64 text of a PNG; raises what matplotlib raises where the figure cannot be drawn."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    return base64.b64encode(buffer.getvalue()).decode("ascii")
