"""Counts with singular or plural nouns."""


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun; give the plural if it is not the singular plus s."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
