"""Who is who, on the command line: decisions about people and the reasons for them."""

from pathlib import Path

import click

from noline.doors.cli.questions import customers
from noline.doors.cli.talk import COUNT, hub_option, opened, say, show
from noline.kernel.events import Identifier


class Name(click.ParamType[Identifier, str]):
    """An identifier as NAMESPACE:VALUE."""

    name = "namespace:value"

    # pyrefly: ignore[missing-override-decorator]  typing has it from Python 3.12 on
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Identifier:
        """The identifier of such a text."""
        if isinstance(value, Identifier):
            return value
        namespace, colon, named = value.partition(":")
        if not colon or not namespace or not named:
            self.fail(f"{value!r} is no name: write NAMESPACE:VALUE, such as email:anna@example.com", param, ctx)
        return Identifier(namespace, named)


NAME = Name()
by_option = click.option("--by", default="command line", show_default=True, help="Who decides.")
reason_option = click.option("--reason", default="", help="Why, for whoever reads the decision log.")


@customers.command("merge")
@click.argument("person")
@click.argument("other")
@by_option
@reason_option
@hub_option
def merge(person: str, other: str, by: str, reason: str, folder: Path, as_json: bool) -> None:
    """Decide that PERSON and OTHER are one person; `undo` takes it back."""
    from noline.doors.answers import identity

    with opened(folder) as hub:
        show(identity.change(hub.identity.merge(person, other, by=by, reason=reason)), as_json=as_json)


@customers.command("part")
@click.argument("person")
@click.argument("other")
@by_option
@reason_option
@hub_option
def part(person: str, other: str, by: str, reason: str, folder: Path, as_json: bool) -> None:
    """Decide that PERSON and OTHER are two people, whatever is seen later."""
    from noline.doors.answers import identity

    with opened(folder) as hub:
        show(identity.change(hub.identity.part(person, other, by=by, reason=reason)), as_json=as_json)


@customers.command("split")
@click.argument("person")
@click.argument("names", nargs=-1, required=True, type=NAME)
@by_option
@reason_option
@hub_option
def split(person: str, names: tuple[Identifier, ...], by: str, reason: str, folder: Path, as_json: bool) -> None:
    """Decide that NAMES (NAMESPACE:VALUE) of PERSON are somebody else's."""
    from noline.doors.answers import identity

    with opened(folder) as hub:
        show(identity.change(hub.identity.split(person, names, by=by, reason=reason)), as_json=as_json)


@customers.command("same-household")
@click.argument("person")
@click.argument("other")
@click.option("--not", "apart", is_flag=True, help="They do not live together.")
@by_option
@reason_option
@hub_option
def same_household(person: str, other: str, apart: bool, by: str, reason: str, folder: Path, as_json: bool) -> None:
    """Decide that PERSON and OTHER live together and are two people."""
    from noline.doors.answers import identity

    with opened(folder) as hub:
        decide = hub.identity.different_household if apart else hub.identity.same_household
        show(identity.change(decide(person, other, by=by, reason=reason)), as_json=as_json)


@customers.command("undo")
@click.argument("decision")
@by_option
@hub_option
def undo(decision: str, by: str, folder: Path, as_json: bool) -> None:
    """Take a decision, or a whole match, back: people are as if it had never been."""
    from noline.doors.answers import identity

    with opened(folder) as hub:
        show(identity.change(hub.identity.undo(decision, by=by)), as_json=as_json)


@customers.command("decisions")
@click.option("--limit", default=50, show_default=True, type=COUNT)
@hub_option
def decisions(limit: int, folder: Path, as_json: bool) -> None:
    """What was decided about who is who, the latest first."""
    from noline.doors.answers import identity

    with opened(folder) as hub:
        found = identity.decisions(hub, limit)
    show(found, as_json=as_json, columns=("at", "kind", "by", "reason", "people", "undone_at", "decision"))


@customers.command("why")
@click.argument("person")
@click.argument("names", nargs=-1, type=NAME)
@hub_option
def why(person: str, names: tuple[Identifier, ...], folder: Path, as_json: bool) -> None:
    """Why PERSON is one person; with two NAMES (NAMESPACE:VALUE) instead, what links these."""
    from noline.doors.answers import identity

    with opened(folder) as hub:
        if names:
            pair = (NAME.convert(person, None, None), *names)
            if len(pair) != 2:
                raise click.UsageError("name one person, or two names")
            show(identity.why_link(hub, *pair), as_json=as_json)
            return
        found = identity.why(hub, person)
    if as_json:
        show(found, as_json=True)
        return
    say(f"{found['person']} is known by {len(found['identifiers'])} names")
    held = [{"": "holds", **one} for one in found["held_by"]] + [{"": "does not", **one} for one in found["not_gluing"]]
    show(held, as_json=False, columns=("", "trust", "first_at", "words"))


@customers.command("rules")
@click.option("--apply", "apply_them", is_flag=True, help="Put the rules of noline.toml in force.")
@hub_option
def rules(apply_them: bool, folder: Path, as_json: bool) -> None:
    """What the identity rules of noline.toml would change, or did with --apply."""
    from noline.doors.answers import identity

    with opened(folder) as hub:
        found = hub.identity.apply_rules() if apply_them else hub.identity.preview_rules()
        show(identity.preview(found), as_json=as_json)


@customers.command("quality")
@hub_option
def quality(folder: Path, as_json: bool) -> None:
    """How good the people are: sizes, bridges, refused links, shared names, estimated precision."""
    from noline.doors.answers import identity

    with opened(folder) as hub:
        show(identity.quality(hub), as_json=as_json)


@customers.command("match")
@click.option(
    "--plan", "action", flag_value="plan", default="plan", help="Let the model look, and show what it would do."
)
@click.option("--apply", "action", flag_value="apply", help="Let the sure links of the latest plan hold.")
@click.option("--undo", "undone", metavar="RUN", help="Take a whole run back.")
@click.option("--show", "action", flag_value="show", help="The latest plan again.")
@click.option(
    "--sure", default=0.95, show_default=True, type=click.FloatRange(0.5, 1.0), help="Probability to link at."
)
@click.option("--doubt", default=0.25, show_default=True, type=click.FloatRange(0.0, 1.0), help="... and to ask at.")
@by_option
@hub_option
def match(action: str, undone: str | None, sure: float, doubt: float, by: str, folder: Path, as_json: bool) -> None:
    """Find people who are one by what was told of them: plan, look, apply, undo."""
    from noline.doors.answers import identity

    with opened(folder) as hub:
        if undone:
            show(identity.change(hub.identity.undo(undone, by=by)), as_json=as_json)
        elif action == "apply":
            show(identity.change(hub.matching.apply(by=by)), as_json=as_json)
        else:
            planned = hub.matching.plan(sure=sure, doubt=doubt) if action == "plan" else hub.matching.planned()
            show(identity.planned(planned), as_json=as_json)


@customers.command("review")
@click.option("--limit", default=20, show_default=True, type=COUNT)
@hub_option
def review(limit: int, folder: Path, as_json: bool) -> None:
    """Pairs of people in doubt, the likeliest first."""
    from noline.doors.answers import identity

    with opened(folder) as hub:
        found = identity.queue(hub, limit)
    show(found, as_json=as_json, columns=("probability", "household", "one", "other", "left", "right"))
