"""Text in a Markdown table."""


def in_a_cell(text: str) -> str:
    """On one line, with nothing that ends a cell or reads as HTML."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
