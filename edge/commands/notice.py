"""`mien notice`: the sign for the door."""

import argparse
from pathlib import Path

from edge.commands.options import Commands
from edge.config import load_config
from edge.files import refuse_existing

#: As labels call a language that the sign names by its script.
_ALIASES = {"zh-TW": "zh-Hant"}


def add(commands: Commands) -> None:
    from edge.notice.wording import WORDINGS

    command = commands.add_parser(
        "notice",
        help="the sign for the door: people must be told",
        description="Makes the sign that tells people that a camera reads expressions: what runs, what becomes "
        "of the picture, who answers for it, where to ask. What is not given becomes a line to write on. "
        "edge/RESPONSIBLE.md says what else the law asks for.",
    )
    command.add_argument(
        "--lang",
        nargs="+",
        default=["en"],
        choices=[*WORDINGS, *_ALIASES],
        metavar="LANG",
        help=f"one or more of {', '.join(WORDINGS)}, a page for each (default: en)",
    )
    command.add_argument("--responsible", metavar="NAME", help="person or organisation that answers for it")
    command.add_argument(
        "--purpose",
        metavar="TEXT",
        help="what it is for, in the sign's language (default: device.basis of --config)",
    )
    command.add_argument("--contact", metavar="TEXT", help="where to ask: mail address, telephone, desk")
    command.add_argument(
        "--url",
        metavar="URL",
        help="page that says more, as the QR code (default: a mail address of --contact)",
    )
    command.add_argument("--config", type=Path, metavar="FILE", help="the device's configuration")
    command.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="sign.html (A4, to be printed or saved as PDF by any browser) or sign.svg",
    )
    command.add_argument("--force", action="store_true", help="replace a file that is there")


def run(options: argparse.Namespace) -> None:
    from edge.notice import check_path, save_notice
    from edge.notice.sign import Sign

    languages = list(dict.fromkeys(_ALIASES.get(language, language) for language in options.lang))
    check_path(options.out, len(languages))
    refuse_existing(options.out, options.force)
    basis = load_config(options.config).device.basis if options.config else None
    said = (options.responsible, options.purpose or basis, options.contact, options.url)
    save_notice([Sign(language, *said) for language in languages], options.out)
