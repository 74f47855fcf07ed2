"""Texts that a spreadsheet shows and does not run: ids come from outside, and tables of grades are opened in spreadsheets."""


def not_a_formula(text: str) -> str:
    """A text that a spreadsheet shows as it is: with an apostrophe before what it would take for a formula.

    >>> not_a_formula("=1+1"), not_a_formula("ada")
    ("'=1+1", 'ada')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
