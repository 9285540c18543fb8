"""Every error line that `mien` prints or logs, read from the code of edge: what varies is written as …"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: What ends as one line for a person; a ValueError of a pydantic model is shown behind its field and value.
_ERRORS = re.compile(
    r"^(Mien|Usage|Config|Camera|Picture|Data|Model|Publish|argparse\.ArgumentType)Error$|^ForeignFile$"
)
_MODELS = ("edge/config/", "edge/emotion/bundle.py")
_LOGGED = ("error", "warning", "exception")

#: Calls that hand a line on to the log or the status, and arguments that do.
_TELLS = frozenset({"say_once", "give_up", "_put_out", "complain"})
_HANDED_ON = frozenset({"problem", "complaint"})

#: Functions, classes and tables whose every sentence becomes a line, or the end of one.
_SPEAKERS = {
    "edge/errors.py": ("MissingExtraError",),
    "edge/cameras/file.py": ("Video", "Stream"),
    "edge/cameras/sight.py": ("Fault",),
    "edge/config/wording.py": ("_unknown",),
    "edge/emotion/coral.py": ("find_lack", "_open_with"),
    "edge/emotion/delegates.py": ("problem", "find_library", "describe_unrelated_pycoral"),
    "edge/health.py": ("find_problems",),
    "edge/mqtt/client.py": ("_explain", "problem"),
    "edge/mqtt/making.py": ("_REMEDIES", "_LOGIN", "explain_refusal", "explain_silence"),
    "edge/mqtt/outbox.py": ("_describe",),
    "edge/mqtt/tls.py": ("_ALERTS", "explain_tls", "_explain_verdict", "_read"),
}


@dataclass(frozen=True)
class Line:
    """A line, and the place that says it: a file and the function or class there."""

    text: str
    place: str

    @property
    def only_hands_on(self) -> bool:
        """Whether all of it comes from elsewhere."""
        return not re.search(r"[a-z]{2}", self.text.removeprefix("mien: "))


def collect() -> list[Line]:
    """Each line once, in the order of the files."""
    found: dict[str, Line] = {}
    for path in sorted((ROOT / "edge").rglob("*.py")):
        name = str(path.relative_to(ROOT))
        for line in _in(ast.parse(path.read_text(encoding="utf-8")), name, ""):
            found.setdefault(line.place if line.only_hands_on else line.text, line)
    return list(found.values())


def _in(node: ast.AST, path: str, where: str) -> Iterator[Line]:
    """The lines below a node of the syntax tree."""
    for child in ast.iter_child_nodes(node):
        name = _name(child)
        inner = f"{where}.{name}".lstrip(".") if name else where
        if name in _SPEAKERS.get(path, ()):
            yield from (Line(text, f"{path}:{inner}") for text in _sentences(child))
        if isinstance(child, ast.Call):
            for spoken in _spoken(child, path):
                yield from (Line(text, f"{path}:{where}") for text in _texts(spoken))
        yield from _in(child, path, inner)


def _name(node: ast.AST) -> str:
    """Of what a function, a class or an assignment makes; else nothing."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id if node.targets[0].id.isupper() else ""
    return node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else ""


def _spoken(call: ast.Call, path: str) -> Iterator[ast.expr]:
    """The arguments of a call that a person gets to read."""
    function = ast.unparse(call.func)
    owner, _, method = function.rpartition(".")
    is_error = _ERRORS.match(function) or (function == "ValueError" and path.startswith(_MODELS))
    is_logged = owner == "logger" and method in _LOGGED
    is_printed = function == "print" and "sys.stderr" in map(
        ast.unparse, (word.value for word in call.keywords)
    )
    if call.args and (is_error or is_logged or is_printed or method in _TELLS):
        yield call.args[0]
    yield from (keyword.value for keyword in call.keywords if keyword.arg in _HANDED_ON)


def _sentences(node: ast.AST) -> Iterator[str]:
    """Every text of several words below a node, but for docstrings, keys, and parts that only go on."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Constant | ast.JoinedStr):
        yield from (text for text in _texts(node) if re.match(r"[\w…].* .*[a-z]{2,} ", text))
        return
    for child in node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node):
        yield from _sentences(child)


def _texts(node: ast.expr) -> list[str]:
    """What an expression can say."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [re.sub(r"%[\d.]*[sdgrf]", "…", node.value)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(_texts(part)[0] for part in node.values)]
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    if isinstance(node, ast.BinOp):
        return [left + right for left in _texts(node.left) for right in _texts(node.right)]
    return [] if isinstance(node, ast.Constant) else ["…"]
