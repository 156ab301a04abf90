"""Numbers with their nouns."""


def counted(number: int, one: str, many: str = "") -> str:
    """Return how many there are of something: the noun for one, and for many if it is not +s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
