"""Colours of networks: distinguishable with every kind of colour vision, and as greys by their names; after Okabe and Ito, darkened for lines."""

from __future__ import annotations

import attrs

from netsim.diagram.model import Picture


@attrs.frozen
class Colour:
    """A network's colour: for lines and borders, for the bridge, and the tint behind what belongs to it."""

    line: str
    fill: str
    tint: str


NEUTRAL = Colour("#555555", "#E8E8E8", "#FFFFFF")
PALETTE = (
    Colour("#005A8C", "#BFDDF0", "#EAF4FA"),  # blue
    Colour("#A84300", "#F8CDAE", "#FDF0E6"),  # vermilion
    Colour("#00694C", "#B2E2D2", "#E6F6F0"),  # bluish green
    Colour("#8A3A6B", "#EBC6DC", "#F9EDF4"),  # reddish purple
    Colour("#7A6200", "#F3E79A", "#FCF8DF"),  # yellow
    Colour("#1F6F96", "#C9E9FB", "#EEF8FE"),  # sky blue
    Colour("#5B4B9A", "#D5CEF0", "#F2EFFB"),  # violet
    Colour("#4D4D4D", "#D0D0D0", "#F2F2F2"),  # grey
)
WALK, DROP, ARRIVED = "#000000", "#B00020", "#00694C"


@attrs.frozen
class Colours:
    """The colours of a picture's segments."""

    by_segment: dict[str, Colour]

    def of(self, segment: str) -> Colour:
        """A segment's colour; a neutral one for what is on no network."""
        return self.by_segment.get(segment, NEUTRAL)


def colours_of(picture: Picture) -> Colours:
    """A colour for every segment, those with a name first; more than the palette has repeat."""
    named = [segment for segment, name in picture.segments.items() if name]
    order = named + [segment for segment in picture.segments if segment not in named]
    return Colours({segment: PALETTE[number % len(PALETTE)] for number, segment in enumerate(order)})
