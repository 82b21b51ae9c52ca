"""The command line. Errors are one line with a hint; `--json` speaks to programs."""

import sys

import typer
from typer._click.exceptions import ClickException  # typer carries its own copy of click

from gamefold.cli import admin, data, serving, simulating, worlds
from gamefold.cli.told import explain

application = typer.Typer(
    name="gamefold",
    help="Game worlds as folds over a durable journal.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
serving.add_to(application)
worlds.add_to(application)
simulating.add_to(application)
data.add_to(application)
admin.add_to(application)


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 failed or found wrong, 2 asked wrongly, 130 interrupted."""
    try:
        code = application(standalone_mode=False)
    except typer.Abort:
        sys.exit(130)
    except ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        line = explain(error)
        if line is None:
            raise
        typer.echo(f"gamefold: {line}", err=True)
        sys.exit(1)
    sys.exit(code or 0)
