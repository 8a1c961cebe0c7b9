"""What is wrong with a whole file is said in one sentence; what is only a matter of typing is put right."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.exports import sheets
from lms.imports import rows as source
from lms.imports.reading import read_table
from lms.refusals import NotAllowed

PAYLOADS = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    " =1",
    "=cmd|'/c x'!A0",
    "-2+3",
    '=HYPERLINK("x")',
    "+49 89 1",
    "@name",
    "=\u200b1",
    "  -x",
    "=A1",
]


def a_workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def a_zip(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "a.csv", "empty"),
        (b"  \r\n \n", "a.csv", "empty"),
        (b"id,site\n", "a.csv", "no line below"),
        (b"id,,site\n1,2,3\n", "a.csv", "Column 2 has no heading"),
        (b"id,site,id\n1,2,3\n", "a.csv", "Two columns are called"),
        ("id,site\n1,2\n".encode("utf-16-le"), "a.csv", "UTF-16 without its mark"),
        ("id,site\n1,2\n".encode("utf-16") + b"\x00", "a.csv", "does not go on so"),
        (b'[{"a": 1}', "a.json", "no JSON that can be read"),
        (b'{"a": 1}', "a.json", "holds no list"),
        (b'{"items": 5}', "a.json", "holds no list"),
        (b'[{"a": NaN}]', "a.json", "NaN is no number"),
        (b"[" * 100_000, "a.json", "too deep"),
        (b"[]", "a.json", "no line below"),
        ('[{"ä": 1}]'.encode("cp1252"), "a.json", "not in UTF-8"),
        (a_zip(**{"xl/workbook.xml": b" " * 65_530 + b"<!DOCTYPE x>"}), "a.xlsx", "declarations"),
        (a_zip(**{"xl/workbook.xml": "<!DOCTYPE x>".encode("utf-16")}), "a.xlsx", "declarations"),
        (b"id,site\n1,\x81\n", "a.csv", "Line 2 is in no encoding"),
        (b'id,site\n1,"open\n2,b\n', "a.csv", "quotation marks around line 2"),
        (b"id,site\n1,2\n", "a.xlsx", "is no Excel workbook"),
        (a_workbook(("id",), ("1",)), "a.csv", "is an Excel workbook"),
        (b"%PDF-1.7 x", "a.csv", "a PDF"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, "a.xls", "old or a protected Excel"),
        (b"PK\x03\x04 broken", "a.xlsx", "damaged"),
        (a_zip(x=b"hello"), "a.xlsx", "damaged"),
        (a_zip(bomb=b"0" * 30_000_000), "a.xlsx", "far more than it seems"),
        (a_zip(**{"xl/vbaProject.bin": b"x"}), "a.xlsx", "macros"),
        (a_zip(**{"xl/workbook.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}), "a.xlsx", "declarations"),
        (a_zip(**{f"part{n}": b"x" for n in range(600)}), "a.xlsx", "too many parts"),
        (("c" + ",c".join(str(n) for n in range(300)) + "\n" + "," * 299 + "1\n").encode(), "a.csv", "300 columns"),
        (b"id\n" + b"x\n" * 50_002, "a.csv", "more than 50000 lines"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(data: bytes, name: str, sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence) as refusal:
        read_table(data, name)
    assert refusal.value.field == "file"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_although_text_holds_others(delimiter: str) -> None:
    text = f'id{delimiter}"what, or; why"{delimiter}site\n1{delimiter}"a, b; c | d"{delimiter}AAA\n'
    table = read_table(text.encode(), "a.csv")
    assert table.columns == ("id", "what, or; why", "site")
    assert table.rows[0].cells == ("1", "a, b; c | d", "AAA")


@pytest.mark.parametrize(
    ("encoding", "form"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp1252", "cp1252"), ("utf-16", "utf-16")],
)
def test_letters_of_the_usual_encodings_arrive_whole(encoding: str, form: str) -> None:
    table = read_table("id,what\n1,Größe 5 µl – Œuvre\n".encode(encoding), "a.csv")
    assert (table.form, table.rows[0].cells[1]) == (form, "Größe 5 µl – Œuvre")


def test_lines_are_numbered_as_in_an_editor_and_blank_ones_are_left_out() -> None:
    table = read_table(b'id,what\n1,"two\nlines"\n\n,\n2,b\n', "a.csv")
    assert [(row.line, row.cells) for row in table.rows] == [(2, ("1", "two\nlines")), (6, ("2", "b"))]


@pytest.mark.parametrize(
    ("cell", "arrives"),
    [
        ("  x ", "x"),
        ("a\u00a0b", "a b"),
        ("e\u0301", "é"),
        ("a\u200bb", "ab"),
        ("\u202eevil", "evil"),
        ("\ufeffx", "x"),
        ("a\r\nb", "a\nb"),
    ],
)
def test_what_is_only_a_matter_of_typing_is_put_right(cell: str, arrives: str) -> None:
    assert read_table(f'id,what\n1,"{cell}"\n'.encode(), "a.csv").rows[0].cells[1] == arrives


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("1,a,b", "3 cells under 2 headings"),
        ("1", "1 cells under 2 headings"),
        ("1,a\x00b", "control character"),
        ("1,a\x1bb", "control character"),
        ("1," + "x" * 40_000, "40000 characters"),
    ],
)
def test_a_line_that_cannot_be_read_keeps_the_file(line: str, fault: str) -> None:
    table = read_table(f"id,what\n{line}\n2,good\n".encode(), "a.csv")
    assert fault in table.rows[0].fault
    assert (table.rows[1].fault, table.rows[1].cells) == ("", ("2", "good"))


def test_a_mark_that_another_lines_mark_closes_swallows_no_line_between() -> None:
    table = read_table(b'id,what,site\n1,"open,A\n2,b"\n3,c,A\n', "a.csv")
    assert [row.line for row in table.rows] == [2, 3, 4]
    assert "do not close" in table.rows[0].fault
    assert "2 cells" in table.rows[1].fault
    assert (table.rows[2].fault, table.rows[2].cells) == ("", ("3", "c", "A"))


def test_a_workbook_gives_its_values_as_text_and_its_formulas_to_nobody() -> None:
    data = a_workbook(
        ("id", "day", "number", "formula"),
        (269271.0, datetime(2026, 3, 1), 2.5, "plain"),  # noqa: DTZ001 - workbooks know no zones
        ("x", datetime(2026, 3, 1, 14, 5), True, "=1+1"),  # noqa: DTZ001 - the same
        ("y", None, None, "#REF!"),
    )
    table = read_table(data, "a.xlsx")
    assert table.form == "xlsx"
    assert table.rows[0].cells == ("269271", "2026-03-01", "2.5", "plain")
    assert table.rows[1].cells[1:3] == ("2026-03-01T14:05:00", "1")
    assert "formula" in table.rows[1].fault
    assert [row.line for row in table.rows] == [2, 3, 4]


def test_the_declared_size_of_a_sheet_is_not_believed() -> None:
    """A sheet that says A1:A1 and holds two lines is read by what it holds."""
    data = a_workbook(("id",), ("1",), ("2",))
    source = zipfile.ZipFile(io.BytesIO(data))
    lying = {name: source.read(name) for name in source.namelist()}
    lying["xl/worksheets/sheet1.xml"] = lying["xl/worksheets/sheet1.xml"].replace(b'ref="A1:A3"', b'ref="A1:A1"')
    assert len(read_table(a_zip(**lying), "a.xlsx").rows) == 2


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_leaves_as_a_formula_and_it_comes_back_as_it_was(payload: str) -> None:
    written = sheets.as_csv(["id", "what"], [["1", payload]])
    cell = written.decode("utf-8-sig").split(",", 2)[2]
    assert cell.startswith("\"'")
    back = read_table(written, "a.csv").rows[0].cells[1]
    assert back == read_table(a_workbook(("id", "what"), ("1", f"x{payload}")), "a.xlsx").rows[0].cells[1][1:].strip()
    book = openpyxl.load_workbook(io.BytesIO(sheets.as_xlsx(["what"], [[payload]], "x")))
    assert book.active is not None
    assert book.active["A2"].data_type == "s"


def test_numbers_stay_numbers() -> None:
    assert sheets.as_csv(["n"], [[-5]]).decode("utf-8-sig").splitlines()[1] == "-5"
    book = openpyxl.load_workbook(io.BytesIO(sheets.as_xlsx(["n"], [[-5]], "x")))
    assert book.active is not None
    assert (book.active["A2"].data_type, book.active["A2"].value) == ("n", -5)


@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.xlsx", "a"]))
def test_whatever_is_sent_is_read_or_refused(data: bytes, name: str) -> None:
    try:
        table = read_table(data, name)
    except NotAllowed:
        return
    assert all(len(row.cells) == len(table.columns) for row in table.rows)
    assert len(table.rows) <= source.MOST_ROWS
