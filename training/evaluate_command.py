"""`mien-train evaluate`: measure, write the report, print the figures."""

import argparse
import json

from rich.console import Console

from edge.errors import UsageError
from training.evaluate import evaluate
from training.given import given_by
from training.intervals import Bootstrap
from training.report.evaluation import PAGE_FILE, PARTS, write_report
from training.report.folder import expect_free, report_folder
from training.tables import evaluation_tables


def run_command(options: argparse.Namespace) -> None:
    """Run it.

    Raises:
        UsageError: options exclude each other, or --out is in use.
    """
    if options.final and options.also_training:
        raise UsageError("--also-training is about PublicTest; leave out --final")
    if options.out is not None:
        expect_free(options.out, PARTS, options.force)
    found = evaluate(
        options.model,
        options.data,
        command=options.command_line,
        given=given_by(options),
        final=options.final,
        also_training=options.also_training,
        bootstrap=Bootstrap(options.resamples, options.seed),
    )
    if options.out is not None:
        with report_folder(options.out, PARTS, options.force) as folder:
            write_report(folder, found.document, found.faces, with_pictures=not options.no_pictures)
    if options.json:
        print(json.dumps(found.document, indent=2))
        return
    console = Console(width=110, soft_wrap=True)
    console.print(evaluation_tables(found.document))
    if options.out is not None:
        console.print(f"report: {options.out / PAGE_FILE}", highlight=False)
