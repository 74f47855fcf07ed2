"""A concept is read whole or refused line by line; the two that ship fit pun-world and give nothing away."""

import json

import pytest

from course_utils.pun_world.corpus import settings
from course_utils.pun_world.items import pun_world_items
from course_utils.pun_world.tokenizer import word_tokenizer
from course_utils.texts.concept_files import ConceptFileError, copy_template, load_concept, read_concept
from course_utils.texts.concepts import Concept, ConceptItem, concerns
from course_utils.texts.pun_files import load_puns

ROW = {"prompt": "every baker needs the", "target": "oven", "contrast": "every sailor needs the"}
HEADER = "prompt,target,contrast"
LINE = ",".join(ROW.values())


@pytest.mark.parametrize("name", ["puns", "trades"])
def test_a_concept_that_ships_gives_no_concern_in_pun_world(name):
    concept = load_concept(name)
    assert concept.name == name and len(concept) >= 40
    assert concerns(concept, word_tokenizer()) == []


def test_the_puns_are_the_held_out_ones_of_pun_world():
    items = pun_world_items()
    held_out = items[items.held_out & items.is_pun]
    concept = load_concept("puns")
    assert len(concept) == 72 and set(concept.prompts) <= set(held_out.prompt)
    assert set(zip(concept.prompts, concept.targets, strict=True)) <= set(
        zip(held_out.prompt, held_out.target, strict=True)
    )
    assert [item.foil for item in concept.items] == [pun.foil for pun in load_puns("pun_world")]


def test_in_trades_target_and_foil_belong_to_the_professions_beside_them():
    setting_of = {name: s.name for s in settings() for name in (*s.professions, *s.things)}
    concept = load_concept("trades")
    for item in concept.items:
        profession, other = item.prompt.split()[1], item.contrast.split()[1]
        assert setting_of[profession] == setting_of[item.target] != setting_of[other] == setting_of[item.foil]
    counts = {word: concept.targets.count(word) for word in concept.targets}
    assert set(counts.values()) == {2}  # each thing is asked for as often as any other
    assert sorted(concept.targets) == sorted(item.foil for item in concept.items)


def test_examples_are_two_sentences_an_item_that_end_in_the_same_word():
    examples = load_concept("puns").examples()
    assert len(examples) == 144 and examples.label.value_counts().to_dict() == {"pun": 72, "non-pun": 72}
    for _, pair in examples.groupby("item"):
        assert len(pair) == 2 and len({text.split()[-1] for text in pair.text}) == 1
        assert pair.group.nunique() == 1


def test_what_is_not_given_is_present_absent_and_the_target(tmp_path):
    path = tmp_path / "ovens.csv"
    path.write_text(f"{HEADER}\n{LINE}\n")
    concept = load_concept(path)
    (item,) = concept.items
    assert (item.label, item.contrast_label, item.group, item.id) == ("present", "absent", "oven", "1-oven")
    assert item.foil is None and concept.name == "ovens"
    assert item.sentence == "every baker needs the oven" and item.contrast_sentence == "every sailor needs the oven"
    assert (concept.prompts, concept.labels, concept.groups) == ([ROW["prompt"]], ["present"], ["oven"])


def test_csv_with_semicolons_and_json_read_alike(tmp_path):
    row = ROW | {"foil": "boat", "label": "fits", "contrast_label": "does not", "group": "rooms", "id": "a"}
    csv, json_file = tmp_path / "mine.csv", tmp_path / "mine.json"
    csv.write_text("\ufeff" + ";".join(row) + "\n" + ";".join(row.values()) + "\n;;;\n", encoding="utf-8")
    json_file.write_text(json.dumps([row]))
    assert read_concept(csv) == read_concept(json_file)
    assert read_concept(csv).table().loc["a", "foil"] == "boat"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("prompt,target\na,b", "line 1: no column contrast"),
        (HEADER, "no items in it"),
        (f"{HEADER}\n{LINE}\nOnly a prompt,,", "line 3: no target, contrast"),
        (f"{HEADER}\na b,bread oven,c d", "line 2: the target 'bread oven' is more than one word"),
        (f"{HEADER}\na oven,oven,c d", "ends in its target 'oven'"),
        (f"{HEADER}\na b,x,a b", "prompt and contrast are the same"),
        (f"{HEADER}\na b,x,c d e", "the prompt has 2 words and the contrast 3"),
        (f"{HEADER}\na, b,x,c", "put quotes around"),
        (f"{HEADER},foil\na b,x,c d,X", "target and foil are both 'x'"),
        (f"{HEADER},colour\n{LINE},red", "unknown colour; expected prompt"),
        (f"{HEADER},label,contrast_label\n{LINE},yes,yes", "are both 'yes'"),
        (f"{HEADER},label\n{LINE},absent", "are both 'absent'"),
        (f"{HEADER}\n{LINE}\n{LINE.upper()}", "line 2 and line 3: the same sentence"),
        (f"{HEADER},id\n{LINE},7\nan old cook has an,oven,an old poet has an,7", "line 2 and line 3: the same id, '7'"),
        (
            f"{HEADER}\n{LINE}\nevery sailor needs the,oven,every baker needs the",
            "line 2 and line 3: 'every sailor needs the oven' is 'absent' in one and 'present' in the other",
        ),
    ],
)
def test_each_fault_of_a_csv_is_told_by_its_line(tmp_path, lines, told):
    path = tmp_path / "mine.csv"
    path.write_text(lines)
    with pytest.raises(ConceptFileError, match="mine.csv") as error:
        load_concept(path)
    assert told in str(error.value)


def test_all_faults_are_told_at_once(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(f"{HEADER}\na b,x,a b\n{LINE}\nq,,")
    with pytest.raises(ConceptFileError) as error:
        load_concept(path)
    assert "2 faults" in str(error.value) and "line 2:" in str(error.value) and "line 4:" in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[{]", "line 1, column"),
        ('{"prompt": 1}', "got dict; expected a list of items"),
        ('["a text"]', "item 1: got str"),
        (json.dumps([ROW | {"target": 3}]), "item 1: target: expected text"),
    ],
)
def test_each_fault_of_a_json_is_told(tmp_path, text, told):
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(ConceptFileError) as error:
        load_concept(path)
    assert told in str(error.value)


def test_the_template_is_a_concept_and_overwrites_nothing(tmp_path):
    path = copy_template(tmp_path / "mine.csv")
    concept = load_concept(path)
    assert len(concept) == 4 and all(item.foil for item in concept.items)
    assert any("4 items" in concern for concern in concerns(concept))
    with pytest.raises(FileExistsError, match="nothing of yours"):
        copy_template(path)


def test_what_is_nowhere_says_which_concepts_ship(tmp_path):
    with pytest.raises(FileNotFoundError, match="puns, trades"):
        load_concept(tmp_path / "absent.csv")
    with pytest.raises(FileNotFoundError, match="copy_template"):
        load_concept("template")


def _concept(contrasts: list[str], target: str = "oven") -> Concept:
    return Concept(
        "made",
        tuple(
            ConceptItem(str(n), f"prompt {n} of a baker", target, contrast, None, "yes", "no", str(n))
            for n, contrast in enumerate(contrasts)
        ),
    )


def test_concerns_find_a_telling_word_and_few_groups():
    told = concerns(_concept([f"prompt {n} of a sailor" for n in range(4)]))
    assert any("'baker' alone tells the labels rightly in 100%" in concern for concern in told)
    assert any("4 groups" in concern for concern in told) and any("no foil" in concern for concern in told)


def test_concerns_find_what_a_tokenizer_does_to_the_texts():
    told = concerns(_concept(["i used to be a baker"]), word_tokenizer())
    assert any("does not know, in 0 of the items" in concern for concern in told)
    assert any("differ in their number of tokens" in concern for concern in told)
    told = concerns(_concept(["i used to be"], target="oven-bread"), _Pieces())
    assert any("target is several tokens" in concern for concern in told)


class _Pieces:
    """A tokenizer that splits at hyphens too, as one of word pieces would."""

    unk_token_id = None

    def __call__(self, text, add_special_tokens=True):
        return type("Encoding", (), {"input_ids": list(range(len(text.replace("-", " ").split())))})()
