"""What changed between two versions: by section, by step, by word."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.documents.changes import Change, compare
from modules.documents.sections import sections_of

OLD = """# Transduction

## 6 Procedure

### 6.1 Preparation

1. Warm the medium.
2. Check the seal.
3. Label the bag.
4. Sign the record.

### 6.2 Vector

1. Calculate the vector volume from viable cells, MOI and titre.
2. Set the centrifuge to 32 °C ± 3 °C and confirm before loading.

## 7 Records

Keep F-014-2.
"""


def words(change: Change, kind: str) -> str:
    lines = change.before if kind == "del" else change.after
    return " / ".join(span.text.strip() for line in lines for span in line.spans if span.kind == kind)


def test_the_same_text_has_no_change() -> None:
    assert compare(OLD, OLD) == ()


def test_a_changed_word_is_found_in_its_section_and_its_step() -> None:
    [change] = compare(OLD, OLD.replace("± 3 °C", "± 1 °C"))
    assert (change.name, change.kind) == ("6.2 Vector", "changed")
    assert (words(change, "del"), words(change, "ins")) == ("3", "1")
    assert [line.mark for line in change.after] == ["1.", "2."]


def test_an_inserted_step_does_not_make_the_following_ones_look_changed() -> None:
    [change] = compare(OLD, OLD.replace("2. Check the seal.\n", "2. Check the clamp.\n3. Check the seal.\n"))
    assert words(change, "ins") == "Check the clamp."
    assert words(change, "del") == ""


def test_unchanged_steps_away_from_a_change_are_counted_not_repeated() -> None:
    [change] = compare(OLD, OLD.replace("4. Sign the record.", "4. Sign and date the record."))
    assert [(span.kind, span.text) for span in change.before[0].spans] == [("skip", "2")]
    assert change.before[1].mark == "3."


def test_a_section_put_in_and_one_taken_out_are_told_apart_and_stand_in_their_places() -> None:
    new = OLD.replace("## 7 Records\n\nKeep F-014-2.\n", "## 7 Training\n\nObserved once, by a trainer.\n")
    new = new.replace(
        "### 6.1 Preparation", "### 6.1 Second person\n\nA second person is there.\n\n### 6.2 Preparation"
    )
    new = new.replace("### 6.2 Vector", "### 6.3 Vector")
    found = [(change.name, change.kind) for change in compare(OLD, new)]
    assert found == [
        ("6.1 Second person", "added"),
        ("6.2 Preparation", "renumbered"),
        ("6.3 Vector", "renumbered"),
        ("7 Training", "changed"),
    ]


def test_a_section_taken_out_is_shown_whole() -> None:
    [change] = compare(OLD, OLD[: OLD.index("## 7 Records")])
    assert (change.kind, words(change, "del"), change.after) == ("removed", "Keep F-014-2.", ())


def test_a_renamed_section_with_the_same_text_is_a_changed_heading() -> None:
    [change] = compare(OLD, OLD.replace("## 7 Records", "## 7 Forms and records"))
    assert (words(change, "ins"), words(change, "del")) == ("Forms and records", "Records")


def test_another_picture_under_the_same_name_is_a_change() -> None:
    text = "## 1 A\n\n![The clamp](clamp.png)\n"
    assert compare(text, text, {"clamp.png": "a" * 64}, {"clamp.png": "a" * 64}) == ()
    [change] = compare(text, text, {"clamp.png": "a" * 64}, {"clamp.png": "b" * 64})
    assert words(change, "ins") == "bbbbbbbb:"


def test_a_changed_cell_of_a_table_is_found() -> None:
    table = "## 1 A\n\n| Item | Limit |\n|---|---|\n| Clock | 2 min |\n"
    [change] = compare(table, table.replace("2 min", "1 min"))
    assert (words(change, "del"), words(change, "ins")) == ("2", "1")


def test_sections_know_their_number_and_the_main_section_they_stand_in() -> None:
    found = {section.number: section for section in sections_of(OLD)}
    assert found["6.2"].top == "s-6-procedure"
    assert found["6.2"].text.startswith("1. Calculate")
    assert found["7"].top == "s-7-records"


lines = st.lists(
    st.sampled_from(["## 1 A", "## 2 B", "### 2.1 C", "", "One two three.", "Four five.", "- item"]), max_size=12
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines, lines)
def test_both_sides_together_hold_every_word_of_both_texts(old: list[str], new: list[str]) -> None:
    """No word is lost: what is not shown as same or struck is in an unchanged section or counted as unchanged."""
    before, after = "\n".join(old), "\n".join(new)
    shown_new = {change.slug for change in compare(before, after)}
    for change in compare(before, after):
        skipped = any(span.kind == "skip" for line in change.after for span in line.spans)
        section = next((s for s in sections_of(after) if s.slug == change.slug), None)
        if section is not None and not skipped and change.kind == "added":
            text = " ".join(span.text for line in change.after for span in line.spans)
            assert text.split() == " ".join(block.text for block in section.blocks).split()
    same = [s for s in sections_of(after) if s.slug not in shown_new]
    assert all(
        any(
            o.title == s.title and [b.text for b in o.blocks] == [b.text for b in s.blocks] for o in sections_of(before)
        )
        for s in same
    )
