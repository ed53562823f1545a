"""Parameters of a recipe's steps, checked against what each step declares."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from daemon.jobs.recipe import Recipe
from daemon.kernel.errors import BadParameter
from daemon.kernel.suggest import suggest
from daemon.steps import registry
from daemon.steps.spec import Params


def convert(use: str, params: Mapping[str, Any], where: object = None) -> Params:
    """Parameters of a step, checked. Raises BadParameter naming the parameter and its legal range."""
    spec = registry.spec(use)
    fields = _names(spec.params)
    for name in params:
        if name not in fields:
            raise BadParameter(f"{use} has no parameter {name!r}", where=where, hint=suggest(name, fields))
    try:
        return msgspec.convert(dict(params), spec.params)
    except msgspec.ValidationError as error:
        raise BadParameter(f"a parameter of {use} is wrong", where=where, why=error) from error


@lru_cache
def _names(params: type[Params]) -> tuple[str, ...]:
    """msgspec looks up every annotation for it."""
    return tuple(field.encode_name for field in msgspec.structs.fields(params))


def with_params(recipe: Recipe, params: Mapping[str, Mapping[str, Any]]) -> Recipe:
    """The recipe with a request's parameters put in, by step id or by what the step uses.

    Raises BadParameter for a step that is not there or a value that is not legal.
    """
    names = {step.id for step in recipe.steps} | {step.use for step in recipe.steps}
    for name in params:
        if name not in names:
            raise BadParameter(f"{recipe.name} has no step {name!r}", hint=suggest(name, names))
    steps = []
    for step in recipe.steps:
        merged = {**step.params, **params.get(step.use, {}), **params.get(step.id, {})}
        convert(step.use, merged)
        steps.append(msgspec.structs.replace(step, params=merged))
    return msgspec.structs.replace(recipe, steps=tuple(steps))
