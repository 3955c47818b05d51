"""Errors of a spreadsheet and formulas without a value stand for no figure; none of them is blanked in silence."""

import base64
import io
import struct
import zipfile
import zlib

import openpyxl
import pandas as pd
import pytest

from analysis.core.rawfiles import files_of
from analysis.sources.firms.faults import faults_of
from analysis.sources.firms.folder import read_folder
from analysis.sources.firms.values import first_of
from tests.sources.firms.test_variations import HEAD, RAW, cells, read

pytestmark = pytest.mark.fast

ERRORS = ["#NUM!", "#NAME?", "#REF!", "#DIV/0!", "#VALUE!", "#N/A", "#NULL!"]
OTHERS = ["#WERT!", "#BEZUG!", "#NV", "#¡DIV/0!", "#¿NOMBRE?", "#N/A N/A", "#SPILL!", "#GETTING_DATA"]


def read_sheet(folder, *rows):
    book = openpyxl.Workbook()
    for row in (HEAD.strip().split(","), *rows):
        book.active.append(row)
    book.save(folder / "a.xlsx")
    return read_folder(files_of(folder), RAW["adapters"], RAW["tables"])


def of_kind(found, kind):
    return [(one.row, one.column, one.value, one.count) for one in found.findings if one.kind == kind]


@pytest.mark.parametrize("error", ["#NUM!", "#WERT!", "#N/A N/A"])
def test_an_error_in_a_text_file_is_blank_and_counted_with_its_first_place(error, tmp_path):
    found = read(tmp_path, HEAD + f"F1,2019,CNY,100,{error},1\nF2,2019,CNY,100,5,1\nF3,2019,CNY,100,{error},1\n")
    assert of_kind(found, "blanked") == [(2, "sales", error, 2)]
    assert "sales" not in cells(found, "F1", 2019) and cells(found, "F2", 2019)["sales"] == 5 and not found.refused()


def test_every_error_is_known(tmp_path):
    errors = [*ERRORS, *OTHERS]
    found = read(tmp_path, HEAD + "".join(f"F{i},2019,CNY,100,{error},1\n" for i, error in enumerate(errors)))
    assert of_kind(found, "blanked") == [(2, "sales", "#NUM!", len(errors))] and not found.refused()


def test_errors_in_a_sheet_are_blank_and_counted_with_their_first_place(tmp_path):
    found = read_sheet(tmp_path, ["F", 2019, "CNY", 100, 5, 1], *(["F" + str(i), 2019, "CNY", 100, one, 1] for i, one in enumerate(ERRORS)))
    assert of_kind(found, "blanked") == [(3, "sales", "#NUM!", len(ERRORS))]
    assert "sales" not in cells(found, "F0", 2019) and not found.refused()


def test_an_error_in_place_of_a_key_is_refused(tmp_path):
    assert [(row, column) for row, column, *_ in of_kind(read(tmp_path, HEAD + "#REF!,2019,CNY,100,5,1\n"), "refused")] == [(2, "firm_id")]


def test_a_formula_without_its_value_is_refused_with_its_place(tmp_path):
    found = read_sheet(tmp_path, ["F1", 2019, "CNY", 100, "=2*25", 1])
    assert of_kind(found, "refused") == [(2, "sales", "=2*25", 1)]


def test_a_header_that_is_a_formula_without_its_value_is_refused(tmp_path):
    book = openpyxl.Workbook()
    for row in (["firm_id", "currency", "assets_2018", '="assets_"&2019'], ["F1", "CNY", 5, 6]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    found = read_folder(files_of(tmp_path), RAW["adapters"], RAW["tables"])
    assert of_kind(found, "refused") == [(1, None, '="assets_"&2019', 1)]


@pytest.mark.parametrize("name", ["#1 Corp.", "#hashtag"])
def test_a_name_with_the_sign_of_errors_is_a_name(name, tmp_path):
    found = read(tmp_path, f"firm_id,year,currency,name,assets\nF1,2019,CNY,{name},5\n")
    assert cells(found, "F1", 2019)["name"] == name


COMBAS = "Stkcd,Accper,Typrep,A001000000,A002000000,A002101000,A002201000,A002203000\n"


@pytest.mark.parametrize(("part", "sums"), [("#REF!", {"direct_finance": 20.0}), ("", {"debt": 70.0, "bank_loans": 50.0})])
def test_an_error_in_a_sum_leaves_it_blank_where_a_blank_part_counts_as_zero(part, sums, tmp_path):
    found = cells(read(tmp_path, COMBAS + f"000063,2018-12-31,A,1e9,4e8,{part},5e7,2e7\n"), "000063", 2018)
    assert {name: found.get(name) for name in ("debt", "bank_loans", "direct_finance")} == {
        "debt": None,
        "bank_loans": None,
        "direct_finance": 20.0,
    } | sums


def test_an_error_among_texts_of_a_typed_file_is_counted_with_its_place(tmp_path):
    text = COMBAS + "000063,2018-12-31,A,1e9,4e8,,5e7,2e7\n000064,2018-12-31,A,1e9,4e8,#REF!,5e7,2e7\n"
    pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False).to_parquet(tmp_path / "a.parquet")
    found = read_folder(files_of(tmp_path), RAW["adapters"], RAW["tables"])
    assert of_kind(found, "blanked") == [(2, "A002101000", "#REF!", 1)] and not found.refused()
    assert cells(found, "000063", 2018)["debt"] == 70 and "debt" not in cells(found, "000064", 2018)


def test_an_error_in_a_column_is_not_filled_from_the_next_one():
    table = pd.DataFrame({"a": [None, None, "1"], "b": ["5", "5", "5"], "(unreadable) a": pd.array([True, None, None], "boolean")})
    assert first_of(table, ["a", "b"]).fillna("blank").tolist() == ["blank", "5", "1"]


@pytest.mark.parametrize("figure", ["612.52¹", "612³", "¹612", "612₂", "61①", "612½"])
def test_the_mark_of_a_footnote_is_no_digit_of_the_figure(figure, tmp_path):
    found = read(tmp_path, HEAD + f"F1,2019,CNY,{figure},5,1\n")
    assert of_kind(found, "refused") == [(2, "assets", figure, 1)]


# An .xls of two firms, the sales of the second #NUM! (b85 of its compressed bytes).
XLS = (
    "c-rk)O=uHA6#izDZGLFeq^8AIsHJGt+DrA~rHwz>o(xqF{!plCvW3u?lubOugH~&fis(u4Qs~7?)r&u<pf?XfMGt}?BzhDCLBT_t_08Mem}m|SXtA>2vTx?S"
    "H}l@?yqUMN`)VmvoWIvq!Y>$x3uVKHrYf1B+h;RDklrw4)h@ks8xGbLd|nD<lZwYJFFi7bGTtR9xa)pS6!<{*IA##dq_v(k#C{$_Ovo_|5f!*ak^nk+RBcS-"
    "OgAvS!!4gM-OG~8Ooym#QJln5B-+2nTE)keUe*O5?LOc>?^rU3cD#_Q`21C2wpFoDPsURJrlQ;3j0I5KMzyr2$5KUvDS!+3X7m7G?Vb9p$C0nCT!7@?YvrCg"
    "^6QEln1ykQ7kGh^>t~l4;G@fk!f)kU3h-1?KRuC5Q1iSN(<#x$&*-|Aj^}B=#<E#0msNpmETv^hFr#Otk~vz>BZFk_K=g#H?qX}a+k-W`y@hu{GtmTExgO%Z"
    "5Tty*eEZAmLz82X36{)qhBw~>TjkJU;DYQyodc}l(X-Wl?y-~UMYg($>s?I4w1TPZ8*8^JBXiv55^MX&&u+$>$hNBbcB&UX9e&td_!!wi^~KTB+3@1q$UJ&!"
    "o)XkwUUL`_1LEcliANE;6jsi7&$RQm{NYuC*4Pc}W!H)ojsR#rBuq}uj;L^oHCHC*BF<Ie+{C#noJyQ(`4M&e2=*gq?wsQ1=Lq4-W>`AuM+WREHWDZOTobZ="
    "N2Qm_mX$h|6>j6TEGspZm5OCkXIoYkFLCk-wg^+BT7HI=Hr$scDa-zZ9}XNiaNxj!0|yS)2LzvD&6B&E&ynW&-DCaNS)se^{3iKtaReE<a`a((5NRrP<QrN)"
    "9Z-dBORTbw{l8G+7<tz*jY%HIbi?bHzUoBv^Q^jK@Xu|bM*Wu?8RuX2{{s#O+Dr"
)
# An .xls of two firms, the sales of the second a formula that was never reckoned (b85 of its compressed bytes).
XLS_FORMULA = (
    "c-rk)O=uHA6#izj+oYvUliC(jF_wZ=YcJJ{mp1-jdool#_(P$l%@#sqS~m3%4_d7~DxxRFOQ9DpRWJUag5Ep`6+H-okmykm1O*Rm*EerxW1=}Upry)w%e;B-"
    "&CGi<^JZpe_tj!JKX<RKfM3uDA6D#I)RgE1rCL`Afy!-LvTh!rWPA9hP#d5?));u)@X{}1DC1p#hP(Q6qQD1ALzqN-"
    "B4f6%A@*}05<>Q&m#Dxk(gYFVUNtctWx9ds9j^I=>0Z`cX4*@2^Wr2HWAUy%Y84;XI=CzdY4-"
    "uQdB>U_wBUtY#pkaIr>=p0Rw|KRp9N999`m5M4VW3zN~H5>rU1_4o81n4b$9Bsc2B>ydI8dZFW37k=&x%!Fb(?@FYsA9TtEAq03TgK9Chlvr2vnmtkc7(Bvs"
    "Fu35yQe(KD81W=3<gUlZA^Ih8elY$9!DNik_njHRY%J@@yJxdZVNlHJADc(;ejc6$Twf_kD!G%_FNy%3`FeChU=*M~+1W5cYO<`dp|4{ViPhm8xe1vL(G3HP"
    "3@c5#cHOfRz4P0Y73ZKf4WdFNn@V)|#e&LuAGBtN?uZ(`d@`0d2cemeXxI{PuUgZPDk!rA79x3M{N&^#rny?kcSExN_c8xoIVZZ6cB@t$eqxAP;Qg;d{d^|E"
    "WkGDiS39}<ovXGatzP0f`f`AG5=C7mR_C>bOf%8#hvN3b6`bLX@=9!D5gwm_9hKQdrXv5_R{=bDi9TZ^p>wyagKtZ|)yvaFR^){2&$GS_kqHj|{Q@yNHjW73"
    "bPhG+zaQ{7O*@6(!aUov#`{zM%-c<|uCg9i^DJghqizQsB>cb)H%&i&o5{_8ALTJe69{I@uQ33{gJ!}K6Blv~JEwSHP*2-"
    "lWaWgGW@p~NxrZebiF+>i09*Drn5iPG_`x?$+gZJ}!YuT;~|zwG}9+kV`e"
)
ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="S">{}</table:table></office:spreadsheet></office:body></office:document-content>"""
ERR = '<table:table-cell table:formula="of:=SQRT(-1)" office:value-type="float" office:value="0"><text:p>{}</text:p></table:table-cell>'
UNSAVED = '<table:table-cell table:formula="of:=2*25"/>'


def ods(path, *rows):
    def cell(value):
        kind = f'float" office:value="{value}' if isinstance(value, int) else "string"
        shown = f'<table:table-cell office:value-type="{kind}"><text:p>{value}</text:p></table:table-cell>'
        return value if str(value).startswith("<") else shown

    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in (HEAD.strip().split(","), *rows))
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", "<manifest/>")
        packed.writestr("content.xml", ODS.format(lines))


def test_an_error_in_an_old_workbook_is_counted_with_its_place(tmp_path):
    found = read(tmp_path, zlib.decompress(base64.b85decode(XLS)), "a.xls")
    assert of_kind(found, "blanked") == [(3, "sales", "#NUM!", 1)] and not found.refused()
    assert cells(found, "F1", 2019)["sales"] == 5 and "sales" not in cells(found, "F2", 2019)


def test_a_formula_without_its_value_in_an_old_workbook_is_refused_with_its_place(tmp_path):
    found = read(tmp_path, zlib.decompress(base64.b85decode(XLS_FORMULA)), "a.xls")
    assert of_kind(found, "refused") == [(3, "sales", "=(formula)", 1)] and cells(found, "F1", 2019)["sales"] == 5


@pytest.mark.parametrize("shown", ["Err:502", "#N/A", "#DIV/0!"])
def test_an_error_in_opendocument_is_no_zero(shown, tmp_path):
    ods(tmp_path / "a.ods", ["F1", 2019, "CNY", 100, 5, 1], ["F2", 2019, "CNY", 100, ERR.format(shown), 0])
    found = read_folder(files_of(tmp_path), RAW["adapters"], RAW["tables"])
    assert of_kind(found, "blanked") == [(3, "sales", shown, 1)] and not found.refused()
    assert "sales" not in cells(found, "F2", 2019) and cells(found, "F2", 2019)["profit"] == 0


def test_a_formula_without_its_value_in_opendocument_is_refused_with_its_place(tmp_path):
    ods(tmp_path / "a.ods", ["F1", 2019, "CNY", 100, UNSAVED, 1])
    assert of_kind(read_folder(files_of(tmp_path), RAW["adapters"], RAW["tables"]), "refused") == [(2, "sales", "=2*25", 1)]


def test_errors_in_a_binary_workbook_have_their_places(tmp_path):
    def record(kind, body):
        head = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
        return head + bytes([len(body)]) + body

    def wide(text):
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    sheet = b"".join(
        record(0, struct.pack("<I", row) + bytes(12)) + record(kind, struct.pack("<II", 3, 0) + b"\x24") for row, kind in ((4, 3), (7, 11))
    )
    with zipfile.ZipFile(tmp_path / "a.xlsb", "w") as packed:
        packed.writestr("xl/workbook.bin", record(156, bytes(8) + wide("rId1") + wide("数据")))
        packed.writestr("xl/_rels/workbook.bin.rels", '<R><r Id="rId1" Target="worksheets/sheet1.bin"/></R>')
        packed.writestr("xl/worksheets/sheet1.bin", record(129, b"") + sheet)
    assert faults_of((tmp_path / "a.xlsb").read_bytes()) == {"数据": {(5, 3): "#NUM!", (8, 3): "#NUM!"}}
