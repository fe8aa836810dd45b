"""The picture of hand-offs: channels people left on the left, where they ended on the right."""

from collections.abc import Mapping, Sequence
from typing import Any

from noline.doors.console import wording
from noline.doors.console.borders import Border


def sankey(borders: Sequence[Border]) -> dict[str, Any]:
    """Nodes and links: channels people left, on the left; where they ended, on the right.

    Those who made it end in a channel, those whose time is not over in `open`, the lost in `lost`. Ids carry their
    side, because one channel stands on both.
    """
    links = [link for border in borders for link in _links(border)]
    used = {end for link in links for end in (link["source"], link["target"])}
    sums = {node: sum(link["value"] for link in links if node in (link["source"], link["target"])) for node in used}
    return {"nodes": sorted((_node(node, sums[node]) for node in used), key=_node_order), "links": links}


def _links(border: Border) -> list[dict[str, Any]]:
    lost, undecided = border.lost or 0, border.undecided or 0
    ends = {
        f"to:{border.to_channel}": (border.persons or 0) - lost - undecided,
        "end:open": undecided,
        "end:lost": lost,
    }
    way = f"{wording.channel(border.from_channel)} → {wording.channel(border.to_channel)}"
    source = f"from:{border.from_channel}"
    return [
        {"source": source, "target": target, "value": value, "way": way, "path": border.path}
        for target, value in ends.items()
        if value > 0
    ]


def _node(name: str, people: int) -> dict[str, Any]:
    side, _, channel = name.partition(":")
    label = {"end:lost": "lost", "end:open": "still have time"}.get(name, wording.channel(channel))
    kind = channel if side == "end" else side
    return {"name": name, "label": label, "people": people, "kind": kind}


def _node_order(node: Mapping[str, Any]) -> tuple[int, int]:
    """The lost on top, because they are the question; then channels by size; then those still on the way."""
    place = {"from": 0, "lost": 1, "to": 2, "open": 3}[node["kind"]]
    return (place, -node["people"])


def chart_words(borders: Sequence[Border]) -> str:
    """What somebody who cannot see the picture should know of it."""
    persons = sum(border.persons or 0 for border in borders)
    lost = sum(border.lost or 0 for border in borders)
    named = "; ".join(
        f"{wording.channel(border.from_channel)} to {wording.channel(border.to_channel)} {wording.count(border.lost)}"
        for border in borders[:3]
        if border.lost
    )
    words = f"{wording.plural(persons, 'hand-off', 'hand-offs')} of people between channels, {wording.count(lost)} lost"
    return f"{words}. Most were lost from {named}." if named else f"{words}."
