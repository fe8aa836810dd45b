"""`noline`: the commands and their exit codes (0 done, 1 our fault, 2 usage, 3 refused by a rule)."""

import gc
import importlib
import json
import sys
from typing import Any

import click

from noline.kernel.errors import NoLineError, Refused

_MODULES = {
    "init": "hub", "serve": "hub", "doctor": "hub", "verify": "hub", "books": "hub", "backup": "hub", "restore": "hub",
    "compact": "privacy", "carts": "carts", "clients": "clients", "greet": "greet",
    "move": "hub", "settings": "hub", "source": "sources", "key": "sources", "login": "sources", "import": "data",
    "dead-letters": "data", "changes": "data", "webhooks": "data", "customers": "questions", "journeys": "questions",
    "sales": "questions", "feedback": "questions", "stock": "questions", "orders": "questions", "prices": "questions",
    "catalogue": "questions", "accounts": "accounts", "match": "match", "demo": "demo", "bench": "bench",
    "credit": "credit", "channels": "roles", "scorecard": "scorecard", "metrics": "scorecard", "aims": "aims",
    "recipes": "recipes", "recommend": "recommend", "mcp": "mcp", "programmes": "actions",
}  # fmt: skip


class _Commands(click.Group):
    """Loads the module of a command only when it is called or explained."""

    # pyrefly: ignore[missing-override-decorator]  typing has it from Python 3.12 on
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's own signature
        """Every command, in the order of a first day."""
        return list(_MODULES)

    # pyrefly: ignore[missing-override-decorator]
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  as above
        """The command of a name."""
        if cmd_name not in _MODULES:
            return None
        module = importlib.import_module(f"noline.doors.cli.{_MODULES[cmd_name]}")
        return module.COMMANDS[cmd_name]


def _print_spec(context: click.Context, _option: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        click.echo(json.dumps(spec(context.command, "noline"), indent=1))
        context.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="noline")
@click.option(
    "--spec",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_spec,
    help="Print every command and option as JSON.",
)
def noline() -> None:
    """The hub between the channels of a retailer or brand.

    Begin with `noline demo`, or with `noline init shop.noline` and `noline serve --hub shop.noline`.
    """


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Caches of millions of small values make each full collection long and find nothing in it.
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; answers the exit code."""
    as_json = "--json" in arguments
    try:
        # Without its standalone mode click answers the code of an early exit, and None when a command went to its end.
        return noline.main(args=arguments, prog_name="noline", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return 130
    except NoLineError as error:
        _complain(error, as_json=as_json)
        return 3 if isinstance(error, Refused) else 1
    except OSError as error:
        click.echo(f"noline: {error}", err=True)
        return 1


def _complain(error: NoLineError, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(error.as_dict(), ensure_ascii=False), err=True)
    else:
        click.echo(f"{error.code}: {error}\n{error.hint}", err=True)


def spec(command: click.Command, name: str) -> dict[str, Any]:
    """A command as data: name, help, parameters, subcommands."""
    context = click.Context(command, info_name=name)
    described: dict[str, Any] = {
        "name": name,
        "help": (command.help or "").strip(),
        "parameters": [
            {
                "name": one.name,
                "flags": list(one.opts),
                "argument": isinstance(one, click.Argument),
                "required": one.required,
                "type": one.type.name,
                "help": getattr(one, "help", None),
            }
            for one in command.params
        ],
    }
    if isinstance(command, click.Group):
        names = command.list_commands(context)
        children = ((child, command.get_command(context, child)) for child in names)
        described["commands"] = [spec(child, child_name) for child_name, child in children if child is not None]
    return described
