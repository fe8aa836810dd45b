"""The second level of customers, over HTTP: households and business accounts."""

from typing import Annotated, Any

from litestar import get
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import accounts as answers
from noline.doors.http.auth import needs
from noline.doors.http.threads import in_thread
from noline.stores.access import Role

_ASSOCIATE = [needs(Role.ASSOCIATE)]


@get("/v1/customers/{person:str}/household", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def get_household(state: State, person: str) -> dict[str, Any]:
    """Who lives with a person, and why it seems so."""
    return answers.household(state.hub, person)


@get("/v1/customers/{person:str}/accounts", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def list_accounts_of_customer(state: State, person: str) -> list[dict[str, Any]]:
    """For which businesses a person acts, in which role."""
    return answers.accounts_of(state.hub, person)


@get("/v1/accounts", guards=_ASSOCIATE, tags=["accounts"])
@in_thread
def find_accounts(
    state: State,
    q: Annotated[str, Parameter(min_length=1, max_length=200)],
    limit: Annotated[int, Parameter(ge=1, le=1000)] = 20,
) -> list[dict[str, Any]]:
    """Businesses by account id, VAT id, GLN, DUNS number or part of a name or website."""
    return answers.found_accounts(state.hub, q, limit)


@get("/v1/accounts/{account:str}", guards=_ASSOCIATE, tags=["accounts"])
@in_thread
def get_account(state: State, account: str) -> dict[str, Any]:
    """One business with names, values and their lineage, terms, members in their roles, and orders."""
    return answers.account(state.hub, account)


ACCOUNT_ROUTES = [get_household, list_accounts_of_customer, find_accounts, get_account]
