"""The shipped recipes and the user's, as files that may be broken and may change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daemon.jobs.recipe import Recipe
from daemon.jobs.recipe_file import parse
from daemon.kernel.errors import BadRecipe, NotFound, RoadieError
from daemon.kernel.printable import printable
from daemon.kernel.suggest import suggest
from daemon.kernel.toml_file import text_of

SHIPPED = Path(__file__).parent.parent / "recipes"


@dataclass(frozen=True, slots=True)
class Listed:
    """A recipe file: the recipe, or the problem that keeps it from being one."""

    name: str
    origin: str
    recipe: Recipe | None
    problem: str | None


class Recipes:
    """The shipped recipes and the user's; a user's recipe of the same name stands for the shipped one."""

    def __init__(self, user: Path) -> None:
        self._folders = (("shipped", SHIPPED), ("user", user))
        self._read: dict[Path, tuple[int, Listed]] = {}

    def listed(self) -> list[Listed]:
        """Every recipe by name, broken ones with their problem."""
        found: dict[str, Listed] = {}
        for origin, folder in self._folders:
            for path in sorted(folder.glob("*.toml")):
                listed = self._listed(path, origin)
                found[listed.name] = listed
        return [found[name] for name in sorted(found)]

    def get(self, name: str) -> Recipe:
        """Raises NotFound with the names there are, BadRecipe for a broken one."""
        listed = {each.name: each for each in self.listed()}
        if name not in listed:
            raise NotFound(f"there is no recipe {name!r}", hint=suggest(name, listed))
        recipe = listed[name].recipe
        if recipe is None:
            raise BadRecipe(f"the recipe {name!r} is broken", why=listed[name].problem)
        return recipe

    def _listed(self, path: Path, origin: str) -> Listed:
        """A file as it is now; read again only when it changed."""
        try:
            changed = path.stat().st_mtime_ns
        except OSError as error:
            return Listed(printable(path.stem), origin, None, printable(error))
        known = self._read.get(path)
        if known is None or known[0] != changed:
            known = (changed, _read(path, origin))
            self._read[path] = known
        return known[1]


def _read(path: Path, origin: str) -> Listed:
    where = Path(printable(path))
    try:
        recipe = parse(text_of(path, BadRecipe), where)
    except (RoadieError, OSError) as error:
        return Listed(where.stem, origin, None, printable(error))
    return Listed(recipe.name, origin, recipe, None)
