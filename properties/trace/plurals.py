"""Numbers with their nouns."""


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return how many there are of something: the noun for one, the plural if it is not +s."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
