"""What ships: runs, tables, texts and public cases. Each is made by a script, which its README or its opener names."""

from pathlib import Path

DATA = Path(__file__).parent
