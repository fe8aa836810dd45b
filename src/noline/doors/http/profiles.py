"""What is known of people, over HTTP: every value with its lineage, look-up, and who somebody probably is."""

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import profiles as answers
from noline.doors.http.auth import needs
from noline.doors.http.threads import in_thread
from noline.flows.recognise import Said
from noline.stores.access import Role

_ASSOCIATE = [needs(Role.ASSOCIATE)]

Limit = Annotated[int, Parameter(ge=1, le=1000)]
Few = Annotated[int, Parameter(ge=1, le=20)]
Text = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*$")]


class WhatIsSaid(msgspec.Struct):
    """What a customer says, any part of it. phone, number: whole, or the last digits (at least four)."""

    name: Text = ""
    phone: Text = ""
    email: Text = ""
    city: Text = ""
    birthday: Text = ""
    number: Text = ""


@get("/v1/customers/{person:str}/profile", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def get_profile(state: State, person: str) -> dict[str, Any]:
    """Who a person is, for a channel that greets them: the id of today, the name, what stands, and their names."""
    return answers.profile(state.hub, person)


@get("/v1/customers/{person:str}/values", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def get_values(state: State, person: str) -> dict[str, Any]:
    """Each attribute of a person: the value that stands, and every value that was told, by whom and when."""
    return answers.values(state.hub, person)


@post("/v1/customers/recognise", guards=_ASSOCIATE, tags=["customers"], status_code=200)
@in_thread
def recognise_customer(state: State, data: WhatIsSaid, limit: Few = 5) -> dict[str, Any]:
    """Who somebody at the counter probably is, by whatever they say; nobody is merged and nothing is kept."""
    said = Said(data.name, data.phone, data.email, data.city, data.birthday, data.number)
    return answers.recognised(state.hub, said, limit)


@get("/v1/customers/{person:str}/lookalikes", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def list_lookalikes(state: State, person: str, limit: Few = 5) -> dict[str, Any]:
    """Other people who are probably this one; confirm with a merge, reject with a part."""
    return answers.lookalikes(state.hub, person, limit)


PROFILE_ROUTES = [get_profile, get_values, recognise_customer, list_lookalikes]
