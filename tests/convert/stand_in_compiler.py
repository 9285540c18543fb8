"""A program with the name, the options, the words and the files of edgetpu_compiler, for machines without it.

It does not compile: it puts one custom operation from the model's input to its output, as the real one does
where it maps all.
"""

import stat
import sys
from pathlib import Path

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

_PROGRAM = """#!{python}
import argparse, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.convert.stand_in_compiler import compiled

parser = argparse.ArgumentParser()
parser.add_argument("-s", "--show_operations", action="store_true")
parser.add_argument("-o", "--out_dir", type=Path, default=Path("."))
parser.add_argument("model", type=Path)
options = parser.parse_args()
content = options.model.read_bytes()
output = options.out_dir / (options.model.stem + "_edgetpu.tflite")
size = "%.2fKiB" % (len(content) / 1024)
log = Path({log!r}).read_text().format(model=options.model, output=output, size=size)
print(log)
output.with_suffix(".log").write_text(log)
if "Model compiled successfully" in log:
    output.write_bytes(compiled(content))
"""


def install(folder: Path, log: str) -> None:
    """Put the program into a folder; whatever it is given, it says `log`.

    Args:
        folder: for PATH.
        log: of tests.convert.edgetpu_logs.
    """
    folder.mkdir(parents=True)
    (folder / "log").write_text(log)
    program = folder / "edgetpu_compiler"
    root = str(Path(__file__).parents[2])
    program.write_text(_PROGRAM.format(python=sys.executable, root=root, log=str(folder / "log")))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def compiled(content: bytes) -> bytes:
    """The model with the Edge TPU's custom operation in place of all its own."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    graph = model.subgraphs[0]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode, code.version = b"edgetpu-custom-op", 1
    whole = schema.OperatorT()
    whole.opcodeIndex, whole.inputs, whole.outputs = 0, list(graph.inputs), list(graph.outputs)
    model.operatorCodes, graph.operators = [code], [whole]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
