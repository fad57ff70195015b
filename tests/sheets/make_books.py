"""Writes workbooks of sites as people make them: Chinese headers, merged cells, numbers as text, days of both calendars.

python tests/sheets/make_books.py FOLDER: with openpyxl, `1900.xlsx`, `1904.xlsx` and `bent.xlsx`.
python tests/sheets/make_books.py FOLDER SOFFICE: the same three with LibreOffice, from flat documents that are written here.
`tests/vectors/libreoffice_*.xlsx` were made by LibreOffice 7.4 in the second way. What is in them is invented.
"""
import datetime
import pathlib
import subprocess
import sys
from xml.sax.saxutils import quoteattr

HEADS = ["类型", "责任单位", "名称", "经度", "纬度", "坐标系", "位置精度", "面积（平方米）", "地价（万元/亩）", "状态",
         "可用时间", "资料来源", "资料日期"]
DAY = datetime.date(2026, 11, 26)


def site(name, free=None, source_on=DAY, area=26667):
    return ["地块", "赫山区", name, 112.36, 28.57, "GCJ-02（国测局坐标）", "准确位置", area, "18.5", "可供", free, "示例台账",
            source_on]


def plain(first):
    """Rows that fit: numbers as text beside numbers, and the first day of the calendar."""
    return [site(f"示例地块甲 {first.year}", first),
            site(f"示例地块乙 {first.year}", datetime.date(2026, 12, 1), area="26,667"),
            site(f"示例地块丙 {first.year}", "2026年12月2日", area=" 26667 ")]


# Rows 2 to 4 share one unit, row 5 has a name of 18 digits, row 6 a note beyond the headers, row 7 a day that is none.
BENT = [site("示例地块甲"), site("示例地块乙"), site("示例地块丙"), site(430903000000000123), site("示例地块丁") + ["另行说明"],
        site("示例地块戊", "2026-02-30")]
BENT[1][1] = BENT[2][1] = None
MERGE = "B2:B4"
BOOKS = {"1900": plain(datetime.date(1900, 3, 1)), "1904": plain(datetime.date(1904, 1, 2)), "bent": BENT}


def by_openpyxl(name, rows, folder):
    from openpyxl import Workbook
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = Workbook()
    if name == "1904":
        book.epoch = CALENDAR_MAC_1904
    for row in [HEADS] + rows:
        book.active.append(row)
    if rows is BENT:
        book.active.merge_cells(MERGE)
    book.save(folder / f"{name}.xlsx")


def cell(value, place):
    if value is None:
        return "<table:covered-table-cell/>" if place in ("B3", "B4") else "<table:table-cell/>"
    spans = ' table:number-rows-spanned="3" table:number-columns-spanned="1"' if place == "B2" else ""
    if isinstance(value, datetime.date):
        return f'<table:table-cell table:style-name="day" office:value-type="date" office:date-value="{value}"/>'
    if isinstance(value, str):
        return f'<table:table-cell{spans} office:value-type="string" office:string-value={quoteattr(value)}/>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def by_libreoffice(name, rows, folder, soffice):
    names = "office table style number".split()
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{"datastyle" if n == "number" else n}:1.0"' for n in names)
    begin = "1904-01-01" if name == "1904" else "1899-12-30"
    merged = rows is BENT
    lines = []
    for number, row in enumerate([HEADS] + rows, 1):
        cells = [cell(value, f"{chr(65 + n)}{number}" if merged else "") for n, value in enumerate(row)]
        lines.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    flat = folder / f"libreoffice_{name}.fods"
    flat.write_text(f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {spaces} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:automatic-styles><number:date-style style:name="iso"><number:year number:style="long"/><number:text>-</number:text>
<number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/></number:date-style>
<style:style style:name="day" style:family="table-cell" style:data-style-name="iso"/></office:automatic-styles>
<office:body><office:spreadsheet><table:calculation-settings><table:null-date table:date-value="{begin}"/></table:calculation-settings>
<table:table table:name="选址">{''.join(lines)}</table:table></office:spreadsheet></office:body></office:document>
""", encoding="utf-8")
    subprocess.run([soffice, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", folder, flat], check=True)
    flat.unlink()


folder = pathlib.Path(sys.argv[1])
for name, rows in BOOKS.items():
    if len(sys.argv) > 2:
        by_libreoffice(name, rows, folder, sys.argv[2])
    else:
        by_openpyxl(name, rows, folder)
