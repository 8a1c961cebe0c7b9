"""QR codes of short addresses (ISO/IEC 18004: byte mode, level M, versions 1 to 6). Pure; drawn as SVG.

Of the eight masks the one with the fewest long runs and full squares is taken; every mask can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

from lms.refusals import NotAllowed

Grid = list[list[bool]]
#: By version: error correction codewords of a block, blocks, data codewords of a block, place of the alignment mark.
_VERSIONS: Final = {
    1: (10, 1, 16, 0),
    2: (16, 1, 28, 18),
    3: (26, 1, 44, 22),
    4: (18, 2, 32, 26),
    5: (24, 2, 43, 30),
    6: (16, 4, 27, 34),
}
_MASKS: Final[tuple[Callable[[int, int], bool], ...]] = (
    lambda y, x: (y + x) % 2 == 0,
    lambda y, _x: y % 2 == 0,
    lambda _y, x: x % 3 == 0,
    lambda y, x: (y + x) % 3 == 0,
    lambda y, x: (y // 2 + x // 3) % 2 == 0,
    lambda y, x: y * x % 2 + y * x % 3 == 0,
    lambda y, x: (y * x % 2 + y * x % 3) % 2 == 0,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2 == 0,
)
#: Quiet modules around the code.
_MARGIN: Final = 4


def modules(text: str, mask: int | None = None) -> Grid:
    """Return the dark modules of a code, row by row; ``mask`` is chosen if not given.

    Raises ``NotAllowed`` for more than 106 bytes.
    """
    content = text.encode()
    version = next((v for v, (_, blocks, data, _) in _VERSIONS.items() if len(content) + 2 <= blocks * data), None)
    if version is None:
        raise NotAllowed("The address of this installation is too long for a code. Print the address itself.")
    bits = [bit for word in _codewords(content, version) for bit in _bits(word, 8)]
    if mask is not None:
        return _drawn(version, bits, mask)
    return min((_drawn(version, bits, one) for one in range(len(_MASKS))), key=_unrest)


def as_svg(grid: Grid) -> str:
    """Return the code as a picture of black modules on white, ten units each."""
    side = (len(grid) + 2 * _MARGIN) * 10
    path = "".join(
        f"M{(x + _MARGIN) * 10} {(y + _MARGIN) * 10}h10v10h-10z"
        for y, row in enumerate(grid)
        for x, dark in enumerate(row)
        if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path d="{path}"/></svg>'
    )


def _bits(value: int, count: int) -> Iterator[int]:
    return ((value >> shift) & 1 for shift in range(count - 1, -1, -1))


def _codewords(content: bytes, version: int) -> list[int]:
    """Return data and error correction as they are placed: block by block, interleaved."""
    correction, blocks, size, _ = _VERSIONS[version]
    # mode 0100, the count, the bytes, the end 0000: everything is shifted by half a byte
    stream = [0x4, *(nibble for byte in (len(content), *content) for nibble in (byte >> 4, byte & 15)), 0]
    data = [high << 4 | low for high, low in zip(stream[::2], stream[1::2], strict=True)]
    data += [0xEC if number % 2 == 0 else 0x11 for number in range(blocks * size - len(data))]
    split = [data[start : start + size] for start in range(0, len(data), size)]
    checks = [_remainder(block, correction) for block in split]
    return [word for words in (split, checks) for column in zip(*words, strict=True) for word in column]


def _tables() -> tuple[list[int], list[int]]:
    powers, logarithms, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value <<= 1
        if value > 255:
            value ^= 0x11D
    return powers, logarithms


_POWERS, _LOGARITHMS = _tables()


def _times(left: int, right: int) -> int:
    return _POWERS[_LOGARITHMS[left] + _LOGARITHMS[right]] if left and right else 0


def _remainder(block: Sequence[int], count: int) -> list[int]:
    """Return the Reed-Solomon check words of a block over GF(256) with polynomial 0x11D."""
    generator = [1]
    for exponent in range(count):
        shifted = [*generator, 0]
        scaled = [0, *(_times(word, _POWERS[exponent]) for word in generator)]
        generator = [one ^ other for one, other in zip(shifted, scaled, strict=True)]
    rest = [*block, *[0] * count]
    for place in range(len(block)):
        factor = rest[place]
        for offset, word in enumerate(generator):
            rest[place + offset] ^= _times(word, factor)
    return rest[len(block) :]


def _drawn(version: int, bits: Sequence[int], mask: int) -> Grid:
    side = 17 + 4 * version
    grid: Grid = [[False] * side for _ in range(side)]
    fixed = {(y, x): dark for y, x, dark in (*_marks(side, _VERSIONS[version][3]), *_format(side, mask))}
    for (y, x), dark in fixed.items():
        grid[y][x] = dark
    free = (
        (y, x)
        for number, right in enumerate([*range(side - 1, 6, -2), *range(5, 0, -2)])
        for y in (range(side - 1, -1, -1) if number % 2 == 0 else range(side))
        for x in (right, right - 1)
        if (y, x) not in fixed
    )
    # the last modules of a version may carry nothing; they are light before the mask
    for (y, x), bit in zip(free, [*bits, *[0] * 7], strict=False):
        grid[y][x] = bool(bit) ^ _MASKS[mask](y, x)
    return grid


def _marks(side: int, middle: int) -> Iterator[tuple[int, int, bool]]:
    """Give the timing lines, the three corner marks with their quiet rings, and the alignment mark if there is one."""
    for place in range(8, side - 8):
        yield 6, place, place % 2 == 0
        yield place, 6, place % 2 == 0
    around = [(y, x) for y in range(-1, 8) for x in range(-1, 8)]
    for top, left in ((0, 0), (0, side - 7), (side - 7, 0)):
        for y, x in around:
            if 0 <= top + y < side and 0 <= left + x < side:
                yield top + y, left + x, max(abs(y - 3), abs(x - 3)) in {0, 1, 3}
    for y, x in ((y, x) for y in range(-2, 3) for x in range(-2, 3) if middle):
        yield middle + y, middle + x, max(abs(y), abs(x)) != 1


def _format(side: int, mask: int) -> Iterator[tuple[int, int, bool]]:
    """Give level M (00) and the mask with their BCH check, twice, and the one module that is always dark."""
    rest = mask << 10
    for shift in range(4, -1, -1):
        if rest >> (shift + 10) & 1:
            rest ^= 0x537 << shift
    bits = list(_bits((mask << 10 | rest) ^ 0x5412, 15))
    beside = [*((8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)), *((y, 8) for y in (7, 5, 4, 3, 2, 1, 0))]
    apart = [*((side - 1 - step, 8) for step in range(7)), *((8, side - 8 + step) for step in range(8))]
    for places in (beside, apart):
        for (y, x), bit in zip(places, bits, strict=True):
            yield y, x, bool(bit)
    yield side - 8, 8, True


def _unrest(grid: Grid) -> int:
    """Count what makes a code hard to read: runs of five and more, and squares of one colour."""
    lines = [*grid, *map(list, zip(*grid, strict=True))]
    runs = (len(list(run)) for line in lines for _, run in groupby(line))
    squares = (
        grid[y][x] == grid[y][x + 1] == grid[y + 1][x] == grid[y + 1][x + 1]
        for y in range(len(grid) - 1)
        for x in range(len(grid) - 1)
    )
    return sum(run - 2 for run in runs if run >= 5) + 3 * sum(squares)
