"""Names that people choose for themselves and their keys."""

LONGEST_NAME = 200


def one_line(name: str) -> str:
    """A name as it may stand in one line of a log, a table or a terminal; in a page it is the text it is."""
    return " ".join("".join(one if one.isprintable() else " " for one in name).split())
