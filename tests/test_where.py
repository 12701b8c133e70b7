"""Filters: the grammar's trees, what they match, and errors that point at the place."""

import json
import math
import re
import shlex
from pathlib import Path

import pytest

import hubcore
from hubcore.catalogs.fields import Field, fields_of
from hubcore.catalogs.matching import matches, sort_key
from hubcore.catalogs.where import QueryError, parse
from hubcore.cli import main

ROWS = [
    {"name": "big", "task": "image-classification", "license": "MIT", "params": 90e6, "size": 36e7,
     "gmacs": 15.0, "acc@1": 84.0, "weights": 2},
    {"name": "small", "task": "image-classification", "license": "unknown", "params": 3e6,
     "size": 14e6, "gmacs": 0.3, "acc@1": 72.0, "weights": 1},
    {"name": "flow", "task": "optical-flow", "license": "BSD-3-Clause", "params": 5e6,
     "size": 21e6, "epe": 1.5, "weights": 1, "novelty": 0.5},
    {"name": "bare", "task": "object-detection", "weights": 0},
]  # fmt: skip
FIELDS = fields_of(ROWS)
FIELDS["license"] = FIELDS["license"]._replace(sets={"permissive": ("MIT", "BSD-3-Clause")})
FIELDS["allowed"] = Field("allowed", "flag")


def matched(text):
    tree = json.loads(json.dumps(parse(text, FIELDS)))  # a page may evaluate it elsewhere
    return [row["name"] for row in ROWS if matches(tree, row)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("acc@1>80", "big"),
        ("acc@1 > 80%", "big"),
        ("ACC@1 >= 72", "big small"),
        ("acc@1 = 72", "small"),
        ("acc@1 != 72", "big"),
        ("size<20MB", "small"),
        ("size < 20 mb", "small"),
        ("size < 14000 kB or size > 0.3GB", "big"),
        ("size <= 14000000B", "small"),
        ("size < 14 MiB", "small"),
        ("size > 0", "big small flow"),
        ("params < 4M", "small"),
        ("params < 4000k", "small"),
        ("params < 4000000", "small"),
        ("params > 0.01B", "big"),
        ("gmacs < 1", "small"),
        ("gmacs < 500 MMACs", "small"),
        ("ops > 1GMACs", "big"),
        ("epe < 2px", "flow"),
        ("novelty > 0", "flow"),
        ("params < 10M and task = image-classification", "small"),
        ("params < 10M, task = image-classification", "small"),
        ("acc@1 > 80 or epe < 2", "big flow"),
        ("acc@1 > 80 or epe < 2 and weights = 2", "big"),  # "and" binds first
        ("(acc@1 > 80 or epe < 2) and weights = 1", "flow"),
        ("acc@1 > 80 or epe < 2, weights = 1", "flow"),  # a comma binds last
        ("not acc@1 > 80", "small"),  # what is not known matches neither
        ("not (acc@1 > 80 or task = optical-flow)", "small"),
        ("not not acc@1 > 80", "big"),
        ("task in (optical-flow, object-detection)", "flow bare"),
        ("task not in (optical-flow, object-detection)", "big small"),
        ("weights in (1, 2) and not weights in (2)", "small flow"),
        ("license in permissive", "big flow"),
        ("license not in permissive", "small"),
        ("licence = mit", "big"),
        ("license = 'MIT'", "big"),
        ('"acc@1" > 80', "big"),
        ("name = B*", "big bare"),
        ("name != b*", "small flow"),
        ("name = [bf]*", "big flow bare"),
    ],
)
def test_filters_match_what_they_say(text, names):
    assert matched(text) == names.split()


def test_a_field_that_holds_or_not_stands_alone():
    allowed, other = {"allowed": True}, {"allowed": False}
    for text, expected in [
        ("allowed", (True, False)),
        ("not allowed", (False, True)),
        ("allowed = yes", (True, False)),
        ("allowed != yes", (False, True)),
    ]:
        tree = parse(text, FIELDS)
        assert (matches(tree, allowed), matches(tree, other)) == expected


@pytest.mark.parametrize(
    ("text", "complaint", "place"),
    [
        ("", "empty", ""),
        ("  ", "empty", ""),
        (",", "Expected a field", ","),
        ("acc@1", "Expected a comparison, such as acc@1 > 80, at the end", ""),
        ("acc@1 >", "Expected a value of 'acc@1', at the end", ""),
        ("acc@1 > and", "Expected a value", "and"),
        ("> 80", "Expected a field", ">"),
        ("acc@1 > eighty", "'eighty' is not a number", "eighty"),
        ("acc@1 > 8o", "'o' is not a unit", "o"),
        ("acc@1 > 130", "'acc@1' is 0 to 100", "130"),
        ("acc@1 > 80MB", "'MB' is not a unit of 'acc@1'", "MB"),
        ("acc@1 > 1e999", "too large", "1e999"),
        ("acc@1 > nan", "'nan' is not a number", "nan"),
        ("acc@1 > 80 params < 30M", "Expected 'and', 'or' or the end", "params"),
        ("acc@1 > 80 && params < 30M", "Write 'and', not '&&'", "&&"),
        ("acc@1 > 80 || params < 30M", "Write 'or', not '||'", "||"),
        ("!(acc@1 > 80)", "Write 'not', not '!'", "!"),
        ("acc@1 => 80", "Write '>=', not '=>'", "=>"),
        ("acc@1 <> 80", "Write '!=', not '<>'", "<>"),
        ("acc@1 === 80", "Write '=', not '==='", "==="),
        ("70 < acc@1 < 80", "'70' is not a field", "70"),
        ("accuracy > 80", "Did you mean 'acc@1'?", "accuracy"),
        ("parms < 3M", "Did you mean 'params'?", "parms"),
        ("qwerty < 3M", "Fields: acc@1, allowed,", "qwerty"),
        ("params < 30MB", "'MB' is not a unit of 'params'", "MB"),
        ("params < -1", "'params' is 0 or more", "-1"),
        ("size < 100", "A unit is missing: write it as 100MB", "100"),
        ("size < 10 parsecs", "'parsecs' is not a unit", "parsecs"),
        ("gmacs < 4 GFLOPs", "'GFLOPs' is not a unit", "GFLOPs"),
        ("task > 3", "'task' is no number", ">"),
        ("task = optical-flw", "Did you mean 'optical-flow'?", "optical-flw"),
        ("task = qwerty", "Known: image-classification", "qwerty"),
        ("task = optical flow", "Nothing has the task 'optical'", "optical"),
        ("name = flow big", "Texts of several words are quoted", "big"),
        ("task in optical-flow", "values in parentheses", "optical-flow"),
        ("license in permisive", "or one of: permissive", "permisive"),
        ("task in ()", "Expected a value", ")"),
        ("task in (optical-flow", "Expected ',' or ')'", ""),
        ("(acc@1 > 80", "Expected ')'", ""),
        ("acc@1 > 80)", "Expected 'and', 'or' or the end", ")"),
        ("acc@1 > 80,", "Expected a field", ""),
        ("acc@1 > 80 and", "Expected a field", ""),
        ("not", "Expected a field", ""),
        ("name = 'flow", "quote is not closed", "'flow"),
        ("allowed = maybe", "'allowed' is yes or no", "maybe"),
        ("(" * 80 + "acc@1 > 80" + ")" * 80, "nested more than", "("),
        ("not " * 5000 + "acc@1 > 80", "nested more than", "not"),
        ("name = 'x\x1b[31m'", "Nothing has the name", "'x\x1b[31m'"),
    ],
)
def test_an_error_says_what_is_wrong_and_points_at_it(text, complaint, place):
    with pytest.raises(QueryError) as caught:
        parse(text, FIELDS)
    error = caught.value
    assert complaint in str(error).splitlines()[0]
    assert text[error.start : error.end] == place
    assert len(str(error)) < 1000
    if text.strip():
        _, line, carets = str(error).splitlines()
        start, end = carets.index("^"), carets.rindex("^") + 1
        if "\x1b" not in text:
            assert line[start:end].strip() == place


def test_sorting_puts_the_better_first_and_the_unknown_last():
    def order(text):
        return [row["name"] for row in sorted(ROWS, key=sort_key(text, FIELDS))]

    assert order("acc@1")[:2] == ["big", "small"]
    assert order("acc@1:asc")[:2] == ["small", "big"]
    assert order("epe")[0] == "flow"
    assert order("params") == ["small", "flow", "big", "bare"]
    assert order("weights")[-1] == "bare"
    assert order("name") == ["bare", "big", "flow", "small"]
    assert order("name:desc") == ["small", "flow", "big", "bare"]
    nan = {"name": "nan", "acc@1": math.nan}
    assert sorted([nan, *ROWS], key=sort_key("acc@1", FIELDS))[0]["name"] == "big"


@pytest.mark.parametrize("text", ["novelty", "beauty", "acc@1:up", "", ":asc"])
def test_what_cannot_be_sorted_is_refused(text):
    with pytest.raises(QueryError, match="Cannot sort"):
        sort_key(text, FIELDS)


def test_python_takes_the_same_filters():
    assert hubcore.list_models(where="acc@1 > 88.2 and params < 640M") == ["vit_h_14"]
    assert hubcore.list_models("resnet*", where="acc@1 > 90") == []
    with pytest.raises(ValueError, match="Did you mean 'params'"):
        hubcore.list_models(where="parms < 3M")


def test_the_documented_filters_work(capsys):
    text = (Path(__file__).parents[1] / "docs" / "listing.md").read_text("utf-8")
    commands = re.findall(r"^hub (list .*)$", text, re.M)
    assert len(commands) == 4
    for command in commands:
        assert main(shlex.split(command)) == 0
        assert "model" in capsys.readouterr().out


def test_the_documented_python_works(capsys):
    text = (Path(__file__).parents[1] / "docs" / "listing.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    exec(compile(code, "listing.md", "exec"), {})
    assert "hub-classification/resnet50 4.089 (0.485, 0.456, 0.406)" in capsys.readouterr().out
