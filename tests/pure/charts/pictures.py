"""Reads a drawn chart back: its texts with the room they take, its marks with their places."""

from dataclasses import dataclass
from itertools import combinations
from xml.etree import ElementTree as ET

from behavior_metrics.charts.drawing import width_of

_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Word:
    text: str
    left: float
    right: float
    baseline: float


class Picture:
    """A parsed drawing; groups are taken at the place they are moved to."""

    def __init__(self, svg: str) -> None:
        self.root = ET.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314 - our own
        _, _, width, height = (float(part) for part in self.root.attrib["viewBox"].split())
        self.width, self.height = width, height

    def all(self, tag: str) -> list[ET.Element]:
        return list(self.root.iter(_SVG + tag))

    def marked(self, tag: str, named: str) -> list[ET.Element]:
        """Elements of the plot (not of the key) that carry a class."""
        return [child for child in self.root.findall(_SVG + tag) if named in child.attrib["class"].split()]

    @property
    def classes(self) -> set[str]:
        return {name for one in self.root.iter() for name in one.attrib.get("class", "").split()}

    @property
    def words(self) -> list[Word]:
        found = []
        for one in self.all("text"):
            content, x = one.text or "", float(one.attrib["x"])
            room = width_of(content, bold="bt" in one.attrib.get("class", "").split())
            left = {"start": x, "middle": x - room / 2, "end": x - room}[one.attrib.get("text-anchor", "start")]
            found.append(Word(content, left, left + room, float(one.attrib["y"])))
        return found

    def clipped(self) -> list[str]:
        """Texts that leave the drawing."""
        return [
            word.text
            for word in self.words
            if word.left < -1 or word.right > self.width + 3 or word.baseline < 9 or word.baseline + 3 > self.height
        ]

    def touching(self) -> list[tuple[str, str]]:
        """Pairs of texts that lie over one another."""
        return [
            (one.text, other.text)
            for one, other in combinations(self.words, 2)
            if abs(one.baseline - other.baseline) < 11 and one.left < other.right - 2 and other.left < one.right - 2
        ]
