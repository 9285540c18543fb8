"""Plans of ablations are checked before anything is fitted; rows go on where they were; the table adds up."""

import json
from pathlib import Path

import pytest

from edge.errors import UsageError
from training.ablation.plan import choose, command_words, read_plan
from training.ablation.table import as_markdown
from training.cli import main
from training.options import make_parser

PLAN = Path(__file__).parents[2] / "training" / "ablation.toml"

SMALL = """
[common]
network = "mini_xception"
input-size = 48
labels = "ferplus"
epochs = 1
batch_size = 28
sharpness = 0.05
seed = 3
[[row]]
name = "as it is"
[[row]]
name = "Taught by itself"
teachers = ["as it is"]
[[row]]
name = "diverges"
learning-rate = 1e30
labels = "fer2013"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "plan.toml"
    path.write_text(text)
    return path


def test_every_row_of_the_shipped_plan_is_a_fit_that_there_is() -> None:
    rows = read_plan(PLAN)
    assert len(rows) > 15
    for row in rows:
        words = command_words(row, rows, Path("fer2013"), Path("runs"), seed=None)
        options = make_parser().parse_args(words)
        assert options.epochs == 20
        for name, value in row.settings.items():
            if name != "teachers":
                assert getattr(options, name.replace("-", "_")) == value
    taught = next(row for row in rows if "teachers" in row.settings)
    words = command_words(taught, rows, Path("fer2013"), Path("runs"), seed=2)
    assert make_parser().parse_args(words).teachers == ["runs/as-it-is/seed-2"]
    assert make_parser().parse_args(words).seed == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[common\n", "is not TOML"),
        ("[common]\nepochs = 1\n", "holds no row"),
        ("[rows]\n", "rows is an unknown table"),
        ("[[row]]\nepochs = 1\n", "row 1 has no name"),
        ('[[row]]\nname = "a b"\n[[row]]\nname = "A-B"\n', "'a b' stands twice"),
        ('[[row]]\nname = "a"\ndata = "x"\n', "row 'a' sets data"),
        ('[[row]]\nname = "a"\nepoch = 1\n', "row 'a': epoch is no option of `mien-train fit`"),
        ('[[row]]\nname = "a"\nmixup = -1\n', "row 'a': argument --mixup"),
        ('[[row]]\nname = "a"\nnetwork = "resnet"\n', "row 'a': argument --network: invalid choice"),
    ],
)
def test_a_plan_that_is_none_is_refused_in_one_line(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, text)
    assert main(["ablate", str(path), "--data", "x", "--out", str(tmp_path / "runs")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line and str(path) in line
    assert not (tmp_path / "runs").exists()


def test_a_plan_that_is_not_there_and_a_row_that_is_not_in_it_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: no such file"):
        read_plan(tmp_path / "none.toml")
    rows = read_plan(written(tmp_path, SMALL))
    with pytest.raises(UsageError, match="has no row 'mixup'; expected one of: as it is, Taught by itself"):
        choose(rows, ["mixup"], PLAN)
    assert [row.name for row in choose(rows, ["diverges", "as it is"], PLAN)] == ["as it is", "diverges"]


def found(row: str, accuracy: float, seed: int = 0) -> dict[str, object]:
    figures = {"accuracy": accuracy, "balanced_accuracy": accuracy - 0.1, "calibration_error": 0.02}
    return {
        "row": row,
        "run": f"{row}/{seed}",
        "parameters": 58423,
        "seconds_an_epoch": 12.4,
        "PublicTest": {"fer2013": {**figures, "accuracy": 0.6}, "raters": figures},
    }


def test_the_table_compares_with_the_first_row_and_tells_deviations(tmp_path: Path) -> None:
    rows = read_plan(written(tmp_path, SMALL))
    runs = [
        found("as it is", 0.80),
        found("Taught by itself", 0.81, 0),
        found("Taught by itself", 0.83, 1),
        {"row": "diverges", "run": "diverges", "error": "the loss is nan in epoch 1; try a smaller one"},
    ]
    _, _, *lines = as_markdown(rows, runs).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert cells[0][:6] == ["as it is", "80.00%", "", "60.00%", "70.00%", "2.00%"]
    assert cells[1][:4] == ["Taught by itself", "82.00 ± 1.41%", "+2.00", "60.00 ± 0.00%"]
    assert cells[2][:2] == ["diverges", "the loss is nan in epoch 1"]
    assert {len(row) for row in cells} == {8}
    assert "−1.00" in as_markdown(rows, [found("as it is", 0.80), found("Taught by itself", 0.79)])
    assert as_markdown(rows, []) == ""


@pytest.mark.tensorflow
def test_rows_are_fitted_measured_and_not_fitted_again(
    small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SMALL.replace('[[row]]\nname = "Taught by itself"\nteachers = ["as it is"]\n', "")
    plan, out = written(tmp_path, text), tmp_path / "runs"
    words = ["ablate", str(plan), "--data", str(small_fer), "--out", str(out)]
    assert main([*words, "--table"]) == 2
    assert main([*words, "--data", str(tmp_path / "none")]) == 1
    assert main(words) == 0
    table = capsys.readouterr().out
    document = json.loads((out / "ablation.json").read_text())
    usual, diverged = document["runs"]
    assert usual["run"] == "as-it-is" and usual["epochs"] == 1 and usual["parameters"] == 58_423
    assert f"| as it is | {100 * usual['PublicTest']['raters']['accuracy']:.2f}% |" in table
    assert "--epochs 1" in usual["command"]
    assert "the loss is" in diverged["error"] and "| diverges | the loss is" in table

    before = (out / "as-it-is/state.npz").stat().st_mtime_ns
    assert main([*words, "--only", "as it is"]) == 0
    assert (out / "as-it-is/state.npz").stat().st_mtime_ns == before
    again = json.loads((out / "ablation.json").read_text())
    assert again["runs"] == [usual, diverged]
    assert main([*words, "--table"]) == 0
    assert capsys.readouterr().out.splitlines()[-4:] == table.splitlines()[-4:]

    plan.write_text(text.replace("epochs = 1", "epochs = 2"))
    assert main(words) == 2
    assert "--epochs is 2 where the run in" in capsys.readouterr().err
