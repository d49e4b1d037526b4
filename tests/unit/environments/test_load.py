from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wegennet.console.errors import UserMistake
from wegennet.environments.load import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

YAML = """\
name: trial
cluster: embedded
domain: trial.localhost
municipalities:
  file: municipalities.csv
  oin: test
  administrators: group
  sizes: {small: 4, medium: 12}
  rings: {small: 1, medium: 2, large: 3}
"""
ROWS = ["GM0513,Gouda,1", "GM0599,Rotterdam,9", "GM0080,Leeuwarden,36"]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Writes an environment; gives its folder's path."""

    def _write(
        *, yaml: str = YAML, header: str = "code,name,places", rows: list[str] | None = None, csv: bytes | None = None
    ) -> str:
        (tmp_path / "environment.yaml").write_text(yaml)
        text = "\n".join([header, *(ROWS if rows is None else rows)]) + "\n"
        (tmp_path / "municipalities.csv").write_bytes(text.encode() if csv is None else csv)
        return str(tmp_path)

    return _write


def refusal(folder: str) -> str:
    with pytest.raises(UserMistake) as caught:
        load(folder)
    return str(caught.value)


def test_the_embedded_environment_has_every_municipality_of_2026() -> None:
    assert len(load("embedded").municipalities) == 342


def test_every_ring_of_the_embedded_environment_has_municipalities() -> None:
    assert {one.ring for one in load("embedded").municipalities} == {0, 1, 2, 3}


def test_a_municipality_gets_a_test_oin_of_its_code(write: Callable[..., str]) -> None:
    assert load(write()).municipalities[0].oin == "00000099000000513000"


def test_a_municipality_gets_a_group_named_after_it(write: Callable[..., str]) -> None:
    (administrator,) = load(write()).municipalities[0].administrators
    assert (administrator.kind, administrator.name) == ("Group", "gm0513-administrators")


def test_size_and_ring_follow_from_the_number_of_places(write: Callable[..., str]) -> None:
    assert [(one.size, one.ring) for one in load(write()).municipalities] == [("small", 1), ("medium", 2), ("large", 3)]


def test_a_filled_cell_goes_before_a_rule(write: Callable[..., str]) -> None:
    header = "code,name,places,size,ring,lifecycle,administrators,cpu,node_pool,security"
    row = "GM0513,Gouda,1,large,0,Leaving,User:j.jansen;Group:beheer,8,real,veilig@gouda.example"
    (gouda,) = load(write(header=header, rows=[row])).municipalities
    assert (gouda.size, gouda.ring, gouda.lifecycle, gouda.node_pool) == ("large", 0, "Leaving", "real")
    assert [(one.kind, one.name) for one in gouda.administrators] == [("User", "j.jansen"), ("Group", "beheer")]
    assert gouda.limits.cpu == "8"
    assert [(one.role, one.email) for one in gouda.contacts] == [("security", "veilig@gouda.example")]


def test_the_ring_follows_an_overridden_size(write: Callable[..., str]) -> None:
    (gouda,) = load(write(header="code,name,places,size", rows=["GM0513,Gouda,1,large"])).municipalities
    assert gouda.ring == 3


def test_a_wrong_cell_is_named_by_file_row_and_column(write: Callable[..., str]) -> None:
    text = refusal(write(header="code,name,places,size", rows=["GM0513,Gouda,1,", "GM0599,Rotterdam,9,huge"]))
    assert "municipalities.csv: 1 problem" in text
    assert "row 3, size: expected 'small', 'medium' or 'large'; found 'huge'" in text


def test_all_problems_of_a_list_are_said_at_once(write: Callable[..., str]) -> None:
    text = refusal(write(rows=["GM513,Gouda,1", "GM0599,,9", "GM0080,Leeuwarden,many"]))
    assert "3 problems" in text
    assert "row 2, code: expected a CBS code, GM and 4 digits, such as GM0513; found 'GM513'" in text
    assert "row 3, name:" in text
    assert "row 4, places: expected a number of places; found 'many'" in text


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("cpu", "0.5", "expected an amount of CPU, such as 8 or 1500m"),
        ("memory", "lots", "expected an amount of bytes, such as 16Gi"),
        ("storage", "1.5Gi", "expected an amount of bytes, such as 16Gi"),
        ("node_pool", "general-", "with no dash at the begin or end"),
        ("security", "no address", "expected an e-mail address of at most 254 characters"),
        ("security", "x@" + "y" * 253, "expected an e-mail address of at most 254 characters"),
    ],
)
def test_a_wrong_override_is_named_by_its_column(write: Callable[..., str], column: str, cell: str, said: str) -> None:
    text = refusal(write(header=f"code,name,places,technical,{column}", rows=[f"GM0513,Gouda,1,a@b.example,{cell}"]))
    assert f"row 2, {column}: " in text
    assert f"{said}; found {cell!r}" in text


def test_a_code_listed_twice_is_refused(write: Callable[..., str]) -> None:
    assert "row 5, code: GM0513 is that of row 2 as well" in refusal(write(rows=[*ROWS, "GM0513,Gouda,1"]))


def test_an_oin_listed_twice_is_refused(write: Callable[..., str]) -> None:
    rows = ["GM0513,Gouda,1,00000001123456789000", "GM0599,Rotterdam,9,00000001123456789000"]
    text = refusal(write(yaml=YAML.replace("oin: test", "oin: column"), header="code,name,places,oin", rows=rows))
    assert "row 3, oin: 00000001123456789000 is that of row 2 as well" in text


def test_an_oin_that_is_to_come_from_a_column_needs_the_column(write: Callable[..., str]) -> None:
    assert "the column 'oin' is required" in refusal(write(yaml=YAML.replace("oin: test", "oin: column")))


def test_an_unknown_column_is_refused(write: Callable[..., str]) -> None:
    assert "the column 'colour' is not known" in refusal(write(header="code,name,places,colour", rows=[]))


def test_a_row_with_a_cell_too_few_is_refused(write: Callable[..., str]) -> None:
    assert "row 3: expected 3 cells as in the header; found 2" in refusal(write(rows=[ROWS[0], "GM0599,9"]))


def test_a_list_that_is_not_utf_8_is_refused_with_its_row(write: Callable[..., str]) -> None:
    text = refusal(write(csv="code,name,places\nGM1900,Súdwest-Fryslân,89\n".encode("latin-1")))
    assert "row 2: expected UTF-8; found the byte 0xfa" in text


@pytest.mark.parametrize("content", [b"", b"code,name,places\n", b"\n\n"])
def test_a_list_without_municipalities_is_refused(write: Callable[..., str], content: bytes) -> None:
    assert "municipalities.csv" in refusal(write(csv=content))


def test_a_missing_list_is_refused(write: Callable[..., str]) -> None:
    text = refusal(write(yaml=YAML.replace("municipalities.csv", "elsewhere.csv")))
    assert "elsewhere.csv" in text
    assert "found no such file" in text


def test_a_wrong_field_of_the_environment_is_named_by_line(write: Callable[..., str]) -> None:
    text = refusal(write(yaml=YAML.replace("{small: 4,", "{small: few,")))
    assert "environment.yaml: 1 problem" in text
    assert "line 8, municipalities.sizes.small:" in text
    assert "found 'few'" in text


def test_all_problems_of_an_environment_are_said_at_once(write: Callable[..., str]) -> None:
    text = refusal(write(yaml=YAML.replace("name: trial", "name: Trial!").replace("domain", "domein")))
    assert "line 1, name: expected at most 63 lower-case letters, digits and dashes, with no dash" in text
    assert "found 'Trial!'" in text
    assert "line 3, domein: this field is not known here" in text
    assert "domain: this field is required and was not found" in text


def test_what_is_not_yaml_is_refused_with_its_line(write: Callable[..., str]) -> None:
    assert "line 2: this is not YAML" in refusal(write(yaml="name: trial\n  cluster: x\n"))


def test_an_unknown_environment_is_refused_with_those_that_there_are() -> None:
    assert "Use one of" in refusal("nowhere")


def test_a_byte_order_mark_is_no_part_of_the_first_column(write: Callable[..., str]) -> None:
    content = "\ufeff" + "\n".join(["code,name,places", *ROWS])
    assert len(load(write(csv=content.encode())).municipalities) == 3


def test_a_field_that_is_there_twice_is_refused_with_both_lines(write: Callable[..., str]) -> None:
    text = refusal(write(yaml=YAML + "  file: other.csv\n"))
    assert "line 10, municipalities.file: this field is there twice, first on line 5" in text


def test_a_field_that_is_twice_on_one_line_is_refused(write: Callable[..., str]) -> None:
    text = refusal(write(yaml=YAML.replace("{small: 4,", "{small: 4, small: 5,")))
    assert "line 8, municipalities.sizes.small: this field is there twice" in text


def test_a_field_that_is_there_twice_in_a_list_is_refused(write: Callable[..., str]) -> None:
    subjects = "subjects:\n  auditor:\n    - kind: User\n      name: j.jansen\n      name: p.pieters\n"
    assert "line 14, subjects.auditor.0.name: this field is there twice, first on line 13" in refusal(
        write(yaml=YAML + subjects)
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name: trial\ndomain: a\x07b\n", "line 2: this is not YAML: the character U+0007 is not allowed"),
        ("name: 2026-13-01\n", "this is not YAML: month must be in 1..12"),
        ("name: &all\n  again: *all\n", "a field that holds itself"),
        ("[" * 5000, "found too many"),
        ("{a: b}: c\n", "line 1: this is not YAML: found unhashable key"),
    ],
    ids=["a control character", "a day that is not there", "a loop", "too deep", "a mapping as key"],
)
def test_whatever_yaml_cannot_be_is_a_sentence(write: Callable[..., str], content: str, said: str) -> None:
    assert said in refusal(write(yaml=content))


def test_a_folder_in_place_of_the_list_is_refused(write: Callable[..., str]) -> None:
    text = refusal(write(yaml=YAML.replace("municipalities.csv", ".")))
    assert "the list of municipalities cannot be read: Is a directory" in text


def test_a_path_that_no_file_can_have_is_refused(write: Callable[..., str]) -> None:
    text = refusal(write(yaml=YAML.replace("municipalities.csv", '"a\\0b"')))
    assert "line 5, municipalities.file: expected the path of a file" in text


@pytest.mark.parametrize(
    ("row", "place"),
    [("GM\u0660\u0665\u0661\u0663,Gouda,1", "row 2, code"), ("GM0513,Gouda,\u0663", "row 2, places")],
    ids=["code", "places"],
)
def test_digits_of_another_script_are_refused(write: Callable[..., str], row: str, place: str) -> None:
    assert place in refusal(write(rows=[row]))


def test_more_digits_than_a_number_of_places_has_are_refused(write: Callable[..., str]) -> None:
    assert "row 2, places: expected a number of places" in refusal(write(rows=["GM0513,Gouda," + "9" * 5000]))


def test_a_bound_for_small_above_that_for_medium_is_refused(write: Callable[..., str]) -> None:
    text = refusal(write(yaml=YAML.replace("small: 4,", "small: 13,")))
    assert "line 8, municipalities.sizes: expected no more places for small than for medium" in text


def test_a_line_separator_within_a_cell_ends_no_row(write: Callable[..., str]) -> None:
    text = refusal(write(rows=["GM0513,Gou\u2028da,1", "GM0599,Rotterdam,many"]))
    assert "row 2, name: expected a name of 1 to 80 characters on one line" in text
    assert "row 3, places" in text


def test_a_name_of_two_lines_is_refused(write: Callable[..., str]) -> None:
    assert "name: expected a name of 1 to 80 characters on one line" in refusal(write(rows=['GM0513,"Gou\nda",1']))
