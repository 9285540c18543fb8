"""`mien-train compare`: measure side by side, write the report, print the table."""

import argparse
import json

from rich.console import Console

from training.compare import compare
from training.given import given_by
from training.intervals import Bootstrap
from training.report.comparison import PAGE_FILE, PARTS, notes, verdict, write_comparison
from training.report.folder import expect_free, report_folder
from training.tables import comparison_table


def run_command(options: argparse.Namespace) -> None:
    """Run it.

    Raises:
        UsageError: --out is in use, or the models cannot be compared.
    """
    if options.out is not None:
        expect_free(options.out, PARTS, options.force)
    document = compare(
        options.models,
        options.data,
        command=options.command_line,
        given=given_by(options),
        units=options.units,
        against=options.against,
        bootstrap=Bootstrap(options.resamples, options.seed),
        repeats=options.repeats,
    )
    if options.out is not None:
        with report_folder(options.out, PARTS, options.force) as folder:
            write_comparison(folder, document)
    if options.json:
        print(json.dumps(document, indent=2))
        return
    console = Console(width=120, soft_wrap=True)
    console.print(comparison_table(document))
    for sentence in (*notes(document), verdict(document)):
        if sentence:
            console.print(sentence, highlight=False, soft_wrap=False)
    if options.out is not None:
        console.print(f"report: {options.out / PAGE_FILE}", highlight=False)
