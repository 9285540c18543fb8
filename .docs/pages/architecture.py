"""The picture of who imports whom, drawn from the imports themselves."""

import ast
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]

_PACKAGES = ("edge", "convert", "training")

#: Modules of edge that have a box of their own, as its folders have.
_MODULES = frozenset({"pipeline", "service"})

#: What may import all, and what all may import; arrows from and to them would hide the others.
_OF_ALL = frozenset({"commands", "config"})
_ABOVE = "commands/, one file a command: may import all of edge"
_BELOW = "config/, errors, records, labels, preprocessing …: all may import these"

#: The steps of the pipeline, from left to right; what shares their row comes after them.
_STEPS = ("cameras", "faces", "emotion", "mqtt")

_WIDTH, _BOX_WIDTH, _BOX_HEIGHT, _ROW = 860, 104, 40, 92

Graph = Mapping[str, frozenset[str]]


def imports() -> Graph:
    """What each part imports of ours: packages but edge whole, edge by its folders and modules."""
    found: dict[str, set[str]] = {}
    for package in _PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            part = found.setdefault(_part(name), set())
            part.update(_part(imported) for imported in _imported(path))
    return {part: frozenset(others - {part}) for part, others in found.items()}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (name for name in names if name.partition(".")[0] in _PACKAGES)


def _part(module: str) -> str:
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] if package == "edge" and rest else package


def boxes() -> Graph:
    """The parts that are drawn, and what they import of each other, directly or through small modules."""
    graph = imports()
    drawn = frozenset(part for part in graph if _is_drawn(part))
    reached = {part: _reached(part, graph, drawn) for part in drawn}
    # An arrow says nothing new where another way leads there.
    return {
        part: others - frozenset().union(*(_below(other, reached) for other in others))
        for part, others in reached.items()
    }


def _is_drawn(part: str) -> bool:
    is_folder = (ROOT / "edge" / part).is_dir() or part in ("convert", "training")
    return (is_folder or part in _MODULES) and part not in _OF_ALL


def _reached(part: str, graph: Graph, drawn: frozenset[str]) -> frozenset[str]:
    """The drawn parts that a part comes to, through others that are not drawn."""
    found: set[str] = set()
    for other in graph[part]:
        found |= {other} if other in drawn else _reached(other, graph, drawn)
    return frozenset(found - {part})


def _below(part: str, graph: Graph) -> frozenset[str]:
    return graph[part].union(*(_below(other, graph) for other in graph[part]))


def _level(part: str, graph: Graph) -> int:
    """How many arrows lead down from it, at most."""
    return max((_level(other, graph) + 1 for other in graph[part]), default=0)


def render() -> str:
    graph = boxes()
    places = _places(graph)
    arrows = [_arrow(places[part], places[other]) for part in sorted(graph) for other in sorted(graph[part])]
    shapes = [_box(part, *places[part]) for part in sorted(places)]
    ground_y = max(y for _, y in places.values()) + _BOX_HEIGHT / 2 + 36
    shapes += [_bar(_ABOVE, 16), _bar(_BELOW, ground_y)]
    body = "\n".join(arrows + shapes)
    return _SVG.format(width=_WIDTH, height=f"{ground_y + _BOX_HEIGHT + 16:.0f}", body=body)


def _places(graph: Graph) -> Mapping[str, tuple[float, float]]:
    """The middle of each box: in a row by how far it is above the steps, and there above what it imports."""
    levels = {part: _level(part, graph) for part in graph}
    top = max(levels.values())
    places: dict[str, tuple[float, float]] = {}

    def wish(part: str) -> tuple[float, str]:
        if part in _STEPS:
            return _STEPS.index(part), part
        below = [places[other][0] for other in graph[part]]
        return (sum(below) / len(below) if below else _WIDTH, part)

    for level in range(top + 1):
        row = sorted((part for part in graph if levels[part] == level), key=wish)
        step = _WIDTH / len(row)
        places |= {part: ((i + 0.5) * step, 128 + (top - level) * _ROW) for i, part in enumerate(row)}
    return places


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = (start[0], start[1] + _BOX_HEIGHT / 2), (end[0], end[1] - _BOX_HEIGHT / 2 - 2)
    bend = (y2 - y1) / 2
    return (
        f'<path d="M{x1:.0f},{y1:.0f} C{x1:.0f},{y1 + bend:.0f} {x2:.0f},{y2 - bend:.0f} {x2:.0f},{y2:.0f}"/>'
    )


def _box(part: str, x: float, y: float) -> str:
    kind = "host" if part in ("convert", "training") else "module" if part in _MODULES else "folder"
    name = part if kind == "host" else f"{part}.py" if kind == "module" else f"{part}/"
    return (
        f'<rect class="{kind}" x="{x - _BOX_WIDTH / 2:.0f}" y="{y - _BOX_HEIGHT / 2:.0f}" '
        f'width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="6"/>'
        f'<text x="{x:.0f}" y="{y + 5:.0f}">{escape(name)}</text>'
    )


def _bar(text: str, y: float) -> str:
    return (
        f'<rect class="bar" x="20" y="{y:.0f}" width="{_WIDTH - 40}" height="{_BOX_HEIGHT}" rx="6"/>'
        f'<text x="{_WIDTH / 2:.0f}" y="{y + 25:.0f}">{escape(text)}</text>'
    )


_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>Who imports whom: an arrow leads from what imports to what is imported</title>
<style>
text {{ font: 14px system-ui, sans-serif; text-anchor: middle; fill: #123; }}
path {{ fill: none; stroke: #567; stroke-width: 1.3; marker-end: url(#head); }}
rect {{ stroke: #345; fill: #e3f2f0; }} rect.host {{ fill: #fdf0dc; }} rect.module {{ fill: #d3e3fb; }}
rect.ground {{ fill: #fff; stroke: none; }} rect.bar {{ fill: #eee; }}
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<polygon points="0,0 8,4 0,8" fill="#567"/></marker></defs>
<rect class="ground" width="{width}" height="{height}" rx="8"/>
{body}
</svg>
"""
