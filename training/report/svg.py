"""A chart as SVG in a page: it takes the page's colours and letters, in the light and in the dark."""

import io
import re

import matplotlib
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from training.report.charts import FIRST, GRID, INK, MUTED, SECOND

#: The names that the pages' style sheet gives these colours.
_VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", FIRST: "first", SECOND: "second"}
_IDS = re.compile(r'(\bid="|xlink:href="#|url\(#)')


def to_svg(figure: Figure, name: str, description: str) -> Markup:
    """Make a chart part of a page.

    Args:
        figure: the chart.
        name: unlike that of any other chart of the page; the chart's ids begin with it.
        description: what it shows, for people who do not see it.
    """
    text = io.StringIO()
    # no date and a fixed salt: the same figures give the same page; letters stay letters, and small
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    picture = text.getvalue()
    picture = picture[picture.index("<svg") :]
    picture = re.sub(r"<metadata>.*?</metadata>", "", picture, flags=re.DOTALL)
    picture = _IDS.sub(lambda found: f"{found[1]}{name}-", picture)
    picture = re.sub(r"font: (\d+(?:\.\d+)?)px [^;\"]*", r"font-size: \1px", picture)
    for color, variable in _VARIABLES.items():
        picture = picture.replace(color, f"var(--{variable}, {color})")
    head = f'<svg role="img" aria-label="{escape(description)}" class="chart" '
    return Markup(picture.replace("<svg ", head, 1))
