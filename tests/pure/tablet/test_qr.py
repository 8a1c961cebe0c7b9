"""Codes equal to those of an independent encoder (Python package qrcode 8, all masks, seven texts), kept here as hashes."""

from __future__ import annotations

import hashlib

import pytest

from coaching.tablet.qr import as_svg, modules
from lms.refusals import NotAllowed

ADDRESS = "https://candor.example.org/survey/tablet"


SMALL = """
#######...#...#######
#.....#.#...#.#.....#
#.###.#.......#.###.#
#.###.#....#..#.###.#
#.###.#.##..#.#.###.#
#.....#...#.#.#.....#
#######.#.#.#.#######
.........####........
#.#.#.#...##....#..#.
.#...#..##....#...##.
..##.###....#...#...#
#.#.#....##...#...##.
#..#..#.#.#.#.#.#.#..
........##.#.#.#.#..#
#######..#.#.###.####
#.....#..#####.###...
#.###.#.#..#.###.##.#
#.###.#..#....#...##.
#.###.#.#...#...#...#
#.....#..#....#...##.
#######.#...#.#.#.###
"""
HASHES = [
    (ADDRESS, 0, "ca3317964cfc05d8"),
    (ADDRESS, 1, "b4701f5a99b4c714"),
    (ADDRESS, 2, "56378f7ed73fdf46"),
    (ADDRESS, 3, "39a7985067526bda"),
    (ADDRESS, 4, "ebb88e99034fb446"),
    (ADDRESS, 5, "e394d80649af80af"),
    (ADDRESS, 6, "ad2136c24283c37b"),
    (ADDRESS, 7, "1adf42f009925c97"),
    ("b" * 14, 0, "76a3f325bc2253a1"),
    ("b" * 14, 5, "e0341a7ec7946c38"),
    ("a" * 84, 0, "6caae44ea375152e"),
    ("a" * 84, 5, "8a99b41cdf1f4ffe"),
    ("a" * 106, 0, "517572ec20f29758"),
    ("a" * 106, 5, "48159b6e0ee122c9"),
]


def _printed(text: str, mask: int) -> str:
    return "\n".join("".join("#" if dark else "." for dark in row) for row in modules(text, mask))


def test_a_small_code_is_the_one_of_the_other_encoder_module_by_module() -> None:
    assert _printed("x", 0).splitlines() == SMALL.split()


@pytest.mark.parametrize(("text", "mask", "expected"), HASHES)
def test_a_code_is_the_one_of_the_other_encoder(text: str, mask: int, expected: str) -> None:
    assert hashlib.sha256(_printed(text, mask).encode()).hexdigest()[:16] == expected


def test_the_quietest_mask_is_taken() -> None:
    assert modules(ADDRESS) in [modules(ADDRESS, mask) for mask in range(8)]


def test_an_address_that_does_not_fit_is_refused_in_a_sentence() -> None:
    assert len(modules("a" * 106)) == 41
    with pytest.raises(NotAllowed, match="Print the address itself"):
        modules("a" * 107)


def test_the_picture_has_a_square_for_each_dark_module_and_a_quiet_margin() -> None:
    grid = modules("x", 0)
    picture = as_svg(grid)
    assert picture.count("h10v10h-10z") == sum(map(sum, grid))
    assert 'viewBox="0 0 290 290"' in picture
    assert 'd="M40 40h10' in picture
