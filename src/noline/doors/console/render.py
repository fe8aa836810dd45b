"""From a view to HTML. The only file of the console that knows Jinja."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from noline.doors.console import credit_words, wording
from noline.doors.console.frame import Shell
from noline.doors.console.records import record_path

HERE = Path(__file__).parent
STATIC = HERE / "static"
"""The folder a server offers under `Shell.static`."""

PAGES = (
    "home",
    "border",
    "frictions",
    "friction",
    "explore",
    "record",
    "customers",
    "customer",
    "customer_why",
    "customer_merge",
    "customer_compare",
    "customer_erase",
    "review",
    "quality",
    "orders",
    "order",
    "stock",
    "stock_item",
    "stock_moves",
    "today",
    "counter",
    "credit",
    "credit_unit",
    "credit_order",
    "credit_guarantee",
    "channels",
    "scorecard",
    "sources",
    "dead_letters",
    "dead_letter",
    "login",
    "api",
    "error",
)
"""Every page there is."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The policy every page keeps: no inline code, no inline style, nothing from elsewhere."""


def render(page: str, **context: Any) -> str:
    """One page as HTML.

    page: one of PAGES. context: `view`, made by the function of that page in `views`, and `shell`.
    Raises jinja2.UndefinedError for a view of another page and jinja2.TemplateNotFound for a page there is not.
    """
    context.setdefault("shell", Shell())
    html = environment().get_template(f"{page}.html").render(page=page, **context)
    return html.encode("utf-8", "backslashreplace").decode()  # hostile events hold lone surrogates, no wire does


@cache
def environment() -> Environment:
    """The one environment of all pages: escapes everything, and refuses names that no view has."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "count": wording.count,
        "percent": wording.percent,
        "channel": wording.channel,
        "title_case": wording.title,
    }
    words: dict[str, Any] = {
        "plural": wording.plural,
        "interval": wording.interval,
        "money": wording.money,
        "sentence_of_money": wording.sentence_of_money,
        "record_path": record_path,
        "amount": credit_words.amount,
        "exact": credit_words.exact,
        "signed": credit_words.signed,
    }
    made.globals.update(words)
    return made
