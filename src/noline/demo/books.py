"""What work costs at Maison Ristretto, and how its units are paid: the table `[credit]` of the company's settings.

Costs of rooms and systems grow with the number of customers, so that every size of the company has the same worries.
"""

from noline.demo.company import STORES
from noline.demo.hints import THOUSANDS, Size

_ROOM_MINOR_PER_WEIGHT = 3_000
"""Rent and light of a boutique of weight one, each month and thousand customers."""

_SYSTEMS_MINOR = 9_000
_BRAND_MINOR = 12_000
"""What all units share, each month and thousand customers."""

_RULES = """
[credit]
method = "equal"
window_days = 30
goods_cost_percent = 42      # where nobody told a cost yet

[credit.acts.inspire]
rate_minor_per_hour = 2800
at = { store = { minutes = 3 } }

[credit.acts.advise]
minutes = 12                 # where the till does not tell how long it took
rate_minor_per_hour = 2800

[credit.acts.capture]
rate_minor_per_hour = 2800
at = { store = { minutes = 3 }, call = { minutes = 6 }, marketplace = { fixed_minor = 350 } }

[credit.acts.pick]
minutes = 7
rate_minor_per_hour = 2600
at = { depot = { minutes = 3, rate_minor_per_hour = 2100 } }

[credit.acts.hand_over]
minutes = 4
rate_minor_per_hour = 2800

[credit.acts.deliver]
fixed_minor = 480

[credit.acts.take_back]
minutes = 8
rate_minor_per_hour = 2800

[credit.acts.serve]
minutes = 9
rate_minor_per_hour = 2600

[credit.units.depot]
shares = false               # paid for its work, and no more
"""


def credit_settings(size: Size) -> str:
    """The table `[credit]` of noline.toml, as text."""
    thousands = THOUSANDS[size]
    rooms = [_fixed(store.store_id, store.weight * _ROOM_MINOR_PER_WEIGHT * thousands) for store in STORES]
    pools = [_pool("it", _SYSTEMS_MINOR * thousands, "orders"), _pool("brand", _BRAND_MINOR * thousands, "value")]
    return _RULES + "".join(rooms + pools)


def _fixed(unit: str, minor: int) -> str:
    return f"\n[credit.units.{unit}]\nfixed_minor_per_month = {minor}\n"


def _pool(name: str, minor: int, by: str) -> str:
    return f'\n[credit.pools.{name}]\nminor_per_month = {minor}\nby = "{by}"\n'
