"""The pun set is balanced and complete, and a student's own set is read, or refused line by line."""

import json
from collections import Counter

import pytest

from course_utils.texts.balance import pun_balance
from course_utils.texts.pun_files import PunFileError, load_puns, read_puns
from course_utils.texts.puns import CATEGORIES, Pun, puns_table

ROW = {
    "setup": "The baker retired because she made too much",
    "target": "dough",
    "foil": "noise",
    "non_pun": "The singer retired because she made too much",
}
HEADER = "setup,target,foil,non_pun"
LINE = ",".join(ROW.values())


def test_the_set_is_large_enough_and_every_pun_is_whole():
    puns = load_puns()
    assert len(puns) >= 60
    assert set(Counter(pun.category for pun in puns)) == set(CATEGORIES)
    assert min(Counter(pun.category for pun in puns).values()) >= 10
    assert len({pun.id for pun in puns}) == len({pun.setup for pun in puns}) == len(puns)
    for pun in puns:
        assert len(pun.setup.split()) == len(pun.non_pun.split()), pun.id
        assert len(pun.senses) == 2, pun.id
        assert pun.target in {sense.word for sense in pun.senses}, pun.id
        assert pun.target.lower() not in pun.setup.lower().split(), pun.id
    assert ("I used to be a banker, but I lost", "interest") in {(pun.setup, pun.target) for pun in puns}


def test_only_homophones_and_structural_puns_have_two_words():
    for pun in load_puns():
        words = {sense.word for sense in pun.senses}
        assert (len(words) == 2) == (pun.category in {"homophone", "structural"}), pun.id


def test_frames_keep_their_ending_except_where_the_phrase_itself_is_the_joke():
    for pun in load_puns():
        if pun.category in {"homograph", "idiom"}:
            assert pun.setup.split()[-3:] == pun.non_pun.split()[-3:], pun.id


@pytest.mark.parametrize("name", ["english", "pun_world"])
def test_no_word_and_no_length_tells_the_class(name):
    balance = pun_balance(load_puns(name))
    assert max(balance.word_accuracy, balance.length_accuracy, balance.character_accuracy) <= 0.55, balance


def test_the_balance_finds_a_word_and_a_length_that_give_the_class_away():
    puns = [
        Pun(str(n), "idiom", f"my wife said {word} is here", "x", "y", f"{word} is here")
        for n, word in enumerate("abcd")
    ]
    balance = pun_balance(puns)
    assert balance.word_accuracy == balance.length_accuracy == balance.character_accuracy == 1.0
    assert balance.word in {"my", "wife", "said"}
    with pytest.raises(ValueError, match="no puns"):
        pun_balance([])


def test_the_table_has_a_row_for_each_pun():
    table = puns_table(load_puns())
    assert len(table) == len(load_puns())
    assert table.loc["interest", "foil"] == "hope"
    assert table.loc["interest", "context_1"].endswith("percent")


def test_own_csv_with_byte_order_mark_semicolons_and_blank_lines(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("\ufeffSetup;target;foil;non_pun\n" + ";".join(ROW.values()) + "\n\n;;;\n", encoding="utf-8")
    (pun,) = load_puns(path)
    assert (pun.setup, pun.target, pun.category, pun.id) == (ROW["setup"], "dough", "unsorted", "1-dough")


def test_own_json_with_senses_and_category(tmp_path):
    path = tmp_path / "mine.json"
    senses = [{"context": "Knead the", "word": "dough"}]
    path.write_text(json.dumps([ROW | {"id": "bakery", "category": "homograph", "senses": senses}]))
    (pun,) = read_puns(path)
    assert (pun.id, pun.category, pun.senses[0].word) == ("bakery", "homograph", "dough")
    assert pun.sentence == ROW["setup"] + " dough"
    assert pun.non_pun_sentence == ROW["non_pun"] + " dough"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("setup,target\na,b", "line 1: no column foil, non_pun"),
        ("", "line 1: no column"),
        (HEADER, "no puns in it"),
        (f"{HEADER}\n{LINE}\nOnly a setup,,,", "line 3: no target, foil, non_pun"),
        (f"{HEADER}\na b,bread dough,c,d e", "'bread dough' is more than one word"),
        (f"{HEADER}\na b,dough,Dough,d e", "target and foil are both 'dough'"),
        (f"{HEADER}\na b dough,dough,c,d e f", "ends in its target"),
        (f"{HEADER}\na b,x,c,a b", "setup and non_pun are the same"),
        (f"{HEADER}\na b,x,c,d e f", "2 words and the non_pun 3"),
        (f"{HEADER}\na, b,x,c,d e", "put quotes around"),
        (f"{HEADER},category\n{LINE},funny", "got the category 'funny'"),
        (f"{HEADER},colour\n{LINE},red", "unknown colour"),
        (f"{HEADER},context_1\n{LINE},Knead the", "belong together"),
        (f"{HEADER}\n{LINE}\n{LINE}", "line 2 and line 3: the same setup"),
    ],
)
def test_each_fault_of_a_csv_is_told_by_its_line(tmp_path, lines, told):
    path = tmp_path / "mine.csv"
    path.write_text(lines)
    with pytest.raises(PunFileError, match="mine.csv") as error:
        read_puns(path)
    assert told in str(error.value)


def test_all_faults_are_told_at_once(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(f"{HEADER}\na b,x,c,a b\n{LINE}\nq,,,")
    with pytest.raises(PunFileError) as error:
        read_puns(path)
    assert "2 faults" in str(error.value)
    assert "line 2:" in str(error.value) and "line 4:" in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[{]", "line 1, column"),
        ('{"setup": 1}', "got dict; expected a list"),
        ('["a pun"]', "pun 1: got str"),
        (json.dumps([ROW | {"target": 3}]), "pun 1: no target"),
        (json.dumps([ROW | {"senses": "two"}]), "senses: expected a list"),
    ],
)
def test_each_fault_of_a_json_is_told(tmp_path, text, told):
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(PunFileError) as error:
        read_puns(path)
    assert told in str(error.value)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "latin.csv").write_bytes(HEADER.encode() + "\ncafé".encode("latin-1"))
    with pytest.raises(PunFileError, match="latin.csv, line 2: not UTF-8"):
        read_puns(tmp_path / "latin.csv")
    (tmp_path / "puns.xlsx").write_bytes(b"PK")
    with pytest.raises(PunFileError, match="expected .csv or .json"):
        load_puns(tmp_path / "puns.xlsx")
    with pytest.raises(FileNotFoundError, match="english"):
        load_puns(tmp_path / "absent.csv")
