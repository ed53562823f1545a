"""Every action of rules obeys the same rules."""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path

import pytest

from daemon.kernel.errors import BadRule
from rules.actions.registry import ACTIONS, action
from rules.parse import parse

every = pytest.mark.parametrize("name", ACTIONS)


@every
def test_it_has_the_name_it_is_registered_under_and_says_what_it_does(name: str) -> None:
    found = action(name)
    assert found.name == name
    assert found.about
    assert name not in found.keys


@every
def test_its_example_is_a_rule(name: str) -> None:
    found = action(name)
    assert name in tomllib.loads(found.example)
    rule = parse(f'[when]\nevent = "asset.added"\n[[then]]\n{found.example}\n', Path("r.toml"))
    assert [step.action for step in rule.then] == [name]
    found.needs(rule.then[0].asked)


@every
@pytest.mark.parametrize("value", ["7", "[]", '""', "{}", "-1.5", "{ a = 1 }"])
def test_nonsense_is_refused_with_its_line(name: str, value: str) -> None:
    with pytest.raises(BadRule) as wrong:
        parse(f'[when]\nevent = "asset.added"\n[[then]]\n{name} = {value}\n', Path("r.toml"))
    assert "r.toml, line 4" in wrong.value.message


@every
def test_it_starts_no_program(name: str) -> None:
    source = inspect.getsource(inspect.getmodule(type(action(name))))  # type: ignore[arg-type]
    for forbidden in ("subprocess", "os.system", "popen", "exec(", "eval(", "create_subprocess"):
        assert forbidden not in source
