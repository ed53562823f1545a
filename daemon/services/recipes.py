"""Recipes: what can be asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from daemon.chains.files import list_chains
from daemon.jobs.recipe_params import with_params
from daemon.jobs.recipes import Listed, Recipes
from daemon.services.types_jobs import RecipeView


class ChainNames:
    """Which chains there are: the shipped ones, and the user's in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def names(self) -> list[str]:
        return list(await asyncio.to_thread(list_chains, (self._folder,)))


class RecipesService:
    def __init__(self, recipes: Recipes) -> None:
        self._recipes = recipes

    async def list(self) -> list[RecipeView]:
        """Every recipe by name; a broken one with its problem."""
        return [_view(each) for each in await asyncio.to_thread(self._recipes.listed)]

    async def check(self, name: str, params: Mapping[str, Mapping[str, Any]]) -> None:
        """Whether a recipe takes these parameters. Raises BadParameter, BadRecipe."""
        with_params(await asyncio.to_thread(self._recipes.get, name), params)


def _view(listed: Listed) -> RecipeView:
    recipe = listed.recipe
    return RecipeView(
        name=listed.name, about=recipe.about if recipe else "",
        origin="user" if listed.origin == "user" else "shipped",
        steps=[msgspec.to_builtins(step) for step in recipe.steps] if recipe else [],
        effects=[msgspec.to_builtins(effect) for effect in recipe.effects] if recipe else [],
        for_scripts=recipe is not None and recipe.for_scripts, problem=listed.problem,
    )  # fmt: skip
