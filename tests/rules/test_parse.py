from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.kernel.errors import BadRule
from rules.actions.registry import ACTIONS
from rules.book import SHIPPED
from rules.conditions import CONDITIONS
from rules.lines import line_of
from rules.model import EVENTS, Group, Leaf
from rules.parse import parse

WHERE = Path("/rules/mine.toml")
GOOD = """
# from the contract
name = "inbox-to-kit"
enabled = false
[when]
event = "asset.added"
[if]
all = [ { path = "~/Music/Inbox/**" }, { length_s = { min = 20, max = 1200 } }, { not = { has = "stems" } } ]
[[then]]
run = "samples"
params = { separate = { model = "htdemucs" } }
"""


def test_the_rule_of_the_contract() -> None:
    rule = parse(GOOD, WHERE)
    assert (rule.name, rule.enabled, rule.when.events) == ("inbox-to-kit", False, ("asset.added",))
    assert isinstance(rule.test, Group)
    assert [part.name for part in rule.test.parts[:2] if isinstance(part, Leaf)] == ["path", "length_s"]
    assert rule.names == {"path", "length_s", "has"}
    [step] = rule.then
    assert (step.action, step.asked.recipe, step.asked.params) == (
        "run", "samples", {"separate": {"model": "htdemucs"}},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("[when]", "[wehn]", 5, "Did you mean 'when'?"),
        ('event = "asset.added"', 'event = "asset.aded"', 6, "Did you mean 'asset.added'?"),
        ('event = "asset.added"', 'evnet = "asset.added"', 6, "Did you mean 'event'?"),
        ("length_s =", "lenght_s =", 8, "Did you mean 'length_s'?"),
        ("min = 20", "min = 2000", 8, "min (2000) is more than max (1200)"),
        ("min = 20", 'min = "20"', 8, "min and max must be numbers"),
        ('has = "stems"', 'has = "stem"', 8, "there are: stems"),
        ('path = "~/Music/Inbox/**"', 'path = "~/Music/[Inbox"', 8, "never closed"),
        ('run = "samples"', 'rnu = "samples"', 10, "Did you mean 'run'?"),
        ('run = "samples"', 'shell = "rm -rf /"', 10, "no action of a rule runs a program"),
        ('run = "samples"', "run = 7", 10, "run must be a text"),
        ("params = { separate", "parms = { separate", 11, "Did you mean 'params'?"),
        ('params = { separate = { model = "htdemucs" } }', "params = 3", 11, "params is a table"),
        ('params = { separate = { model = "htdemucs" } }', 'copy = "/x"', 11, "a [[then]] of its own"),
        ("enabled = false", 'enabled = "no"', 4, "true or false"),
        ('name = "inbox-to-kit"', 'name = "../evil"', 3, "no name for a rule"),
        ("[[then]]", "[then]", 9, "with two brackets"),
        ("all = [", "all = 3 # [", 8, "list of conditions"),
        ('path = "~/Music/Inbox/**"', 'path = "~\\u0000/**"', 8, "zero byte"),
        ('run = "samples"', 'run = "samples"\nfolder = "~\\u0000"', 11, "zero byte"),
        ('run = "samples"\nparams', 'notify = { http = "http://[::1" }\n#', 10, "is no address"),
        ('run = "samples"\nparams', 'notify = { http = "http://127.0.0.1:99999/" }\n#', 10, "is no address"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new)
    if new.endswith("# ["):
        text = "\n".join(each.split("# [")[0] for each in text.splitlines())
    with pytest.raises(BadRule) as wrong:
        parse(text, WHERE)
    assert wrong.value.message.startswith(f"{WHERE}, line {line}: "), wrong.value.message
    assert says in wrong.value.message


def test_what_is_no_toml_is_said_with_its_line() -> None:
    with pytest.raises(BadRule) as wrong:
        parse(GOOD.replace("enabled = false", "enabled = "), WHERE)
    assert wrong.value.message.startswith(f"{WHERE}, line 4: this is not TOML")
    assert "Look at the quotes and brackets there" in wrong.value.message


@pytest.mark.parametrize(
    ("then", "says"),
    [
        ('notify = { http = "http://example.com/" }', "not on this machine"),
        ('notify = { http = "https://127.0.0.1/" }', "not on this machine"),
        ('notify = { http = "http://127.0.0.1@evil.example/" }', "not on this machine"),
        ('notify = { osc = "192.168.1.2:9000", address = "/x" }', "not on this machine"),
        ('notify = { osc = "127.0.0.1:9000", address = "x" }', "begins with /"),
        ('copy = "Loops"', "no absolute folder"),
        ('copy = "~/Loops"\nlayout = "../{bpm}"', "no folder of its own"),
        ('copy = "~/Loops/{oops}"', "{oops} is no field"),
        ('convert = "mp9"', "no format"),
        ('tag = "{lufs}"', "{lufs} is no field of a tag"),
        ('tag = ""', "tag must be a text"),
        ('write_tags = true', "fill"),
    ],
)  # fmt: skip
def test_actions_check_what_they_are_given(then: str, says: str) -> None:
    with pytest.raises(BadRule) as wrong:
        parse(f'[when]\nevent = "asset.added"\n[[then]]\n{then}\n', WHERE)
    assert says in wrong.value.message
    assert "line " in wrong.value.message


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ('event = "schedule"', "either every or at"),
        ('event = "schedule"\nevery = "5"', "no length of time"),
        ('event = "schedule"\nevery = "0.5m"', "at most once a minute"),
        ('event = "schedule"\nat = "25:00"', "no time of day"),
        ('event = "schedule"\nat = "03:00"\ndays = ["noday"]', "is no day"),
        ('event = "asset.added"\nevery = "1h"', 'belongs to event = "schedule"'),
        ("event = []", "a text or a list"),
    ],
)
def test_times_are_checked(when: str, says: str) -> None:
    with pytest.raises(BadRule) as wrong:
        parse(f'[when]\n{when}\n[[then]]\ntag = "x"\n', WHERE)
    assert says in wrong.value.message


def test_the_version_changes_with_what_a_rule_does_and_not_with_being_switched_on() -> None:
    rule = parse(GOOD, WHERE)
    assert parse(GOOD.replace("enabled = false", "enabled = true"), WHERE).version == rule.version
    assert parse(GOOD.replace("# from the contract", "# another remark"), WHERE).version == rule.version
    assert parse(GOOD.replace("max = 1200", "max = 1201"), WHERE).version != rule.version


def test_the_shipped_rules_are_six_good_ones_and_off() -> None:
    rules = {path.stem: parse(path.read_text(), path) for path in SHIPPED.glob("*.toml")}
    assert set(rules) == {
        "inbox-to-kit", "vocals-to-lyrics", "new-samples-tag", "project-stems", "bass-to-midi", "loops-to-bpm-folders",
    }  # fmt: skip
    for name, rule in rules.items():
        assert (rule.name, rule.enabled) == (name, False)
        assert rule.about


# ---------------------------------------------------------------- any text, any document

values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.booleans(), st.integers(-10, 10), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*CONDITIONS, *ACTIONS, "all", "any", "not", "min", "max"]), inner, max_size=3),
    ),
    max_leaves=6,
)  # fmt: skip
documents = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(string.ascii_lowercase, max_size=5), "enabled": values, "priority": values, "stop": values,
        "when": st.one_of(values, st.fixed_dictionaries({"event": st.sampled_from(list(EVENTS))})), "if": values,
        "then": st.one_of(values, st.lists(st.dictionaries(st.sampled_from(list(ACTIONS)), values), max_size=2)),
    },
)  # fmt: skip


@given(text=st.text(max_size=200))
def test_any_text_is_a_rule_or_says_where_it_is_none(text: str) -> None:
    try:
        parse(text, WHERE)
    except BadRule as wrong:
        assert str(WHERE) in wrong.message


@given(document=documents)
@settings(max_examples=300)
def test_any_document_is_a_rule_or_says_where_it_is_none(document: dict[str, Any]) -> None:
    text = tomlkit.dumps(document)
    try:
        rule = parse(text, WHERE)
    except BadRule as wrong:
        assert str(WHERE) in wrong.message
    else:
        assert rule.then


@given(data=st.data())
def test_the_line_of_a_key_is_the_line_it_was_written_on(data: st.DataObject) -> None:
    """Keys, some of them the same in several tables, with remarks and texts that look like keys between them."""
    lines, places, body = [], [], []
    for number in range(data.draw(st.integers(1, 4))):
        lines.append("[[then]]")
        table: dict[str, Any] = {}
        for key in data.draw(st.lists(st.sampled_from(["run", "path", "tag"]), unique=True, max_size=3)):
            for _ in range(data.draw(st.integers(0, 2))):
                lines.append(data.draw(st.sampled_from(["# path = 1", "", "   # [[then]] run = 2"])))
            lines.append(data.draw(st.sampled_from([f"{key} = 'run = 1'", f'{key}="# path = {{tag = 3}}"'])))
            table[key] = lines[-1].partition("=")[2].strip()[1:-1]
            places.append((("then", number, key), len(lines)))
        body.append(table)
    for place, line in places:
        assert line_of("\n".join(lines), {"then": body}, place) == line
