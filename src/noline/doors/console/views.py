"""What each page says, from the answers of the hub: pure functions from JSON to frozen values.

One function per page; pages show these values as they are. Every choice of words, order, rounding and geometry is made
in the files these names come from, where it is tested.
"""

from noline.doors.console.books import books_of
from noline.doors.console.border_page import border
from noline.doors.console.borders import border_path
from noline.doors.console.entrance import Login, Problem, problem
from noline.doors.console.explorer import explorer
from noline.doors.console.frame import Shell
from noline.doors.console.frictions import fix_list, friction, friction_path
from noline.doors.console.front import home
from noline.doors.console.leaving import leaving
from noline.doors.console.letters import Outcome, at_pointer, dead_letter, dead_letters
from noline.doors.console.pairs import compared, review
from noline.doors.console.people import customer, search
from noline.doors.console.people_paths import customer_path
from noline.doors.console.people_why import why
from noline.doors.console.quality import quality
from noline.doors.console.records import record, record_path
from noline.doors.console.reference import api
from noline.doors.console.senders import snippets, sources

__all__ = [
    "Login",
    "Outcome",
    "Problem",
    "Shell",
    "api",
    "at_pointer",
    "books_of",
    "border",
    "border_path",
    "compared",
    "customer",
    "customer_path",
    "dead_letter",
    "dead_letters",
    "explorer",
    "fix_list",
    "friction",
    "friction_path",
    "home",
    "leaving",
    "problem",
    "quality",
    "record",
    "record_path",
    "review",
    "search",
    "snippets",
    "sources",
    "why",
]
