"""A bar of the months ahead, small enough for a table cell; the date stands in words in the column beside it."""

from behavior_metrics.charts import drawing
from behavior_metrics.charts.drawing import Scale

_HEIGHT = 14


def mini_bar(share: float, *, soon: bool, title: str, description: str, width: int = 150, classes: str = "") -> str:
    """SVG of `share` (0 to 1, held there) of the span ahead, quarters ticked; `soon` gives it the warning colour.

    Anything above nought shows at least a sliver, so that "a little" is not read as "none".
    """
    along = Scale(0, 1, 0.5, width - 0.5)
    end = along.held(share)
    marks = [drawing.line(along.start, 10.5, along.end, 10.5, "ax")]
    marks += [drawing.line(along(tick / 4), 7.5, along(tick / 4), 10.5, "ax") for tick in range(5)]
    if share > 0:
        marks.append(
            drawing.rect(along.start, 1, max(end - along.start, 4), 6, "barw" if soon else "barok", radius=1.5)
        )
    return drawing.svg(width, _HEIGHT, title, description, marks, classes=classes)
