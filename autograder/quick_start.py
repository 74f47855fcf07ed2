"""What makes a command start sooner: imports without what it does not use, and without looking for garbage meanwhile.

Facts behind the choices, of the packages in requirements.lock: nbformat imports jsonschema, which imports a grammar of
internationalised addresses if there is one, for over a second, to check a format that no notebook's schema names; and the
garbage collector looks through all that imports leave, again and again, though none of it is garbage.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_UNUSED = "rfc3987_syntax"


@contextmanager
def quick_imports() -> Iterator[None]:
    """Within the block, import without what is not used here; it can be imported again afterwards."""
    without = _UNUSED not in sys.modules
    if without:
        sys.modules[_UNUSED] = None  # Python's own way to say that a module is not there
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        if without:
            del sys.modules[_UNUSED]
