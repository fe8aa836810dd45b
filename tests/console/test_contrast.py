"""What is written can be read: the colours of the stylesheet, light and dark, by the formula of WCAG 2.2."""

import re

import pytest

from noline.doors.console.render import STATIC

TEXT = 4.5
PICTURE = 3.0
CSS = (STATIC / "noline.css").read_text("utf-8")

WRITTEN = [
    *((ink, ground) for ink in ("ink", "soft", "accent", "lost", "good") for ground in ("paper", "card", "code")),
    ("ink", "accent-soft"), ("soft", "accent-soft"), ("accent", "accent-soft"),
    ("ink", "lost-soft"), ("soft", "lost-soft"), ("lost", "lost-soft"),
    ("soft", "good-soft"), ("good", "good-soft"),
    ("accent-ink", "accent"), ("card", "lost"), ("paper", "ink"), ("soft", "track"),
]  # fmt: skip
"""Which colour is written on which."""

DRAWN = ("accent", "lost", "good", "hair-strong", "open")
"""Which colours pictures and fields are drawn with, on a card."""

Colour = tuple[float, float, float]


def palettes() -> dict[str, dict[str, Colour]]:
    """The colours of the stylesheet by name; the dark ones stand over the light ones."""
    light, dark = (
        {name: _colour(value) for name, value in re.findall(r"--([\w-]+): #([0-9a-f]{6});", block)}
        for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    )
    return {"light": light, "dark": light | dark}


def _colour(value: str) -> Colour:
    red, green, blue = (int(value[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """How much lighter the lighter of two colours is."""
    darker, lighter = sorted((_light(one), _light(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _light(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """So much of one colour, and the rest of another."""
    red, green, blue = (a * share + b * (1 - share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def test_the_formula_knows_black_on_white():
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert contrast(_colour("767676"), (1, 1, 1)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_written_can_be_read(scheme: str):
    colours = palettes()[scheme]
    faint = {f"{ink} on {ground}": contrast(colours[ink], colours[ground]) for ink, ground in WRITTEN}
    assert {pair: round(ratio, 2) for pair, ratio in faint.items() if ratio < TEXT} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_drawn_can_be_seen(scheme: str):
    colours = palettes()[scheme]
    faint = {name: contrast(colours[name], colours["card"]) for name in DRAWN}
    assert {name: round(ratio, 2) for name, ratio in faint.items() if ratio < PICTURE} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_number_in_a_shaded_cell_can_be_read(scheme: str):
    colours = palettes()[scheme]
    (opacity,) = re.findall(r"\.heat \.line-soft \{ color: var\(--ink\); opacity: ([\d.]+); \}", CSS)
    shades = re.findall(r"\.(?:heat|loss)-\d \{ background: color-mix\(in srgb, var\(--(\w+)\) (\d+)%", CSS)
    assert len(shades) == 12
    for name, percent in shades:
        ground = mixed(colours[name], colours["card"], int(percent) / 100)
        assert contrast(mixed(colours["ink"], ground, float(opacity)), ground) >= TEXT, (name, percent)
