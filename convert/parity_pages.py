"""The parity report for people: tables in the terminal, Markdown, and one HTML page that needs nothing else."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from convert.parity_report import KINDS, PAIRS, pair_name

_NAMES = {"float": "float (Keras)", "xnnpack": "int8, XNNPACK", "reference": "int8, reference kernels"}
_SHORT = {"float": "float", "xnnpack": "XNNPACK", "reference": "reference"}
_TRUTHS = {
    "fer2013": "FER2013's labels",
    "labels": "the labels",
    "raters": "raters' plurality",
    "raters_agree": "6 of 10 raters agree",
}
_STYLE = """\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
body{color:#1b1f24;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{padding:.3rem .6rem;border-bottom:1px solid #d8dee4;text-align:right}
th:first-child,td:first-child{text-align:left}
th{font-weight:600}.bars{display:grid;grid-template-columns:6rem 1fr 5rem;gap:.2rem .6rem;align-items:center}
.bar{background:#2f6f9f;height:1rem}p.note{color:#57606a}.n{text-align:right}
@media(prefers-color-scheme:dark){body{background:#15181c;color:#e6e9ec}th,td{border-color:#343a41}
p.note{color:#a5adb5}.bar{background:#6fb1e0}}"""

Cells = Sequence[Sequence[str]]


def totals(report: Mapping[str, Any]) -> tuple[Sequence[str], Cells]:
    """Accuracy of each way, by what it is measured against."""
    rows = [
        [_TRUTHS.get(truth, truth), *(_percent(found[kind]) for kind in KINDS)]
        for truth, found in report["accuracy"].items()
    ]
    return ["accuracy against", *(_NAMES[kind] for kind in KINDS)], rows


def pairs(report: Mapping[str, Any]) -> tuple[Sequence[str], Cells]:
    """How far two ways differ."""
    rows = []
    for pair in PAIRS:
        found = report["pairs"][pair_name(pair)]
        differ = f"{_percent(found['labels_agree'])} ({found['labels_differ']} differ)"
        rows.append([_words(pair), f"{found['largest']:.1f}", f"{found['mean']:.2f}", differ])
    return ["difference of scores, 1/256", "largest", "mean", "same label"], rows


def by_class(report: Mapping[str, Any]) -> tuple[Sequence[str], Cells]:
    """Recall of each way, and the largest and mean difference between float and what devices run."""
    pair = pair_name(PAIRS[0])
    rows = [
        [
            name,
            str(found["faces"]),
            *(_percent(found["recall"][kind]) for kind in KINDS),
            *(f"{found['largest'][pair_name(pair)]:.1f}" for pair in PAIRS),
            f"{found['mean'][pair]:.2f}",
        ]
        for name, found in report["per_class"].items()
    ]
    recalls = [f"recall, {_SHORT[kind]}" for kind in KINDS]
    largest = [f"largest, {_short(pair)}" for pair in PAIRS]
    return ["class", "faces", *recalls, *largest, f"mean, {_short(PAIRS[0])}"], rows


def as_tables(report: Mapping[str, Any]) -> Group:
    """For a terminal; the short form that a card has is without the classes."""
    parts = [totals(report), pairs(report), *([by_class(report)] if "per_class" in report else [])]
    return Group(Text(_title(report), style="bold"), *(_table(*part) for part in parts))


def as_markdown(report: Mapping[str, Any]) -> str:
    parts = [f"# {_title(report)}", _about(report), "## Accuracy", _pipes(*totals(report))]
    parts += ["## Scores", _pipes(*pairs(report)), f"## By class, {_truth(report)}", _pipes(*by_class(report))]
    return "\n\n".join(parts) + "\n"


def as_html(report: Mapping[str, Any]) -> str:
    title = html.escape(_title(report))
    body = [
        f"<h1>{title}</h1><p>{html.escape(_about(report))}</p>",
        f"<h2>Accuracy</h2>{_cells(*totals(report))}",
        f"<h2>Scores</h2>{_cells(*pairs(report))}",
        f"<h2>By class, {html.escape(_truth(report))}</h2>{_cells(*by_class(report))}",
        *(_bars(report, pair) for pair in PAIRS),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    lines = [f'<!doctype html>\n<html lang="en"><head>{head}<style>{_STYLE}</style></head>', "<body>", *body]
    return "\n".join([*lines, "</body></html>", ""])


def _title(report: Mapping[str, Any]) -> str:
    name = report.get("bundle", "bundle")
    return f"Parity of {name} on {report['faces']} of {report['of']} faces of {report['split']}"


def _about(report: Mapping[str, Any]) -> str:
    delegate = "took the graph over" if report["delegated"] else "was not there: its own kernels ran"
    return (
        f"The same faces by the float network, by int8 as devices run it ({report['runtime']}; XNNPACK "
        f"{delegate}) and by the runtime's reference kernels, which follow the definition of each operation. "
        "Scores are told in 1/256, one step of an int8 softmax."
    )


def _truth(report: Mapping[str, Any]) -> str:
    return _TRUTHS.get(report["truth"], str(report["truth"]))


def _words(pair: tuple[str, str]) -> str:
    return f"{_NAMES[pair[0]]} – {_NAMES[pair[1]]}"


def _short(pair: tuple[str, str]) -> str:
    return " – ".join(_SHORT[kind] for kind in pair)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}%"


def _table(head: Sequence[str], rows: Cells) -> Table:
    table = Table(box=None)
    for index, name in enumerate(head):
        table.add_column(name, justify="right" if index else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _pipes(head: Sequence[str], rows: Cells) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(head: Sequence[str], rows: Cells) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{line(head, 'th')}{''.join(line(row, 'td') for row in rows)}</table>"


def _bars(report: Mapping[str, Any], pair: tuple[str, str]) -> str:
    """How many scores differ by how much."""
    counts = report["pairs"][pair_name(pair)]["scores_up_to"]
    most = max(counts.values()) or 1
    below, rows = None, []
    for end, count in counts.items():
        first = 0 if below is None else below + 1
        name = end if first == int(end) else f"{first} to {end}"
        width = max(100 * count / most, 0.2) if count else 0  # one score is a line, none is nothing
        rows.append(
            f'<div class="n">{name}</div><div class="bar" style="width:{width:.2f}%"></div><div>{count:,}</div>'
        )
        below = int(end)
    title = f"Differences of single scores in 1/256: {_words(pair)}"
    return f'<h2>{html.escape(title)}</h2><div class="bars">{"".join(rows)}</div>'
