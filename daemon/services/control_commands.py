"""What a controller's key can be told to do."""

from __future__ import annotations

from collections.abc import Iterable

from daemon.kernel.errors import BadParameter

COMMANDS = {
    "run RECIPE": "run a recipe on the selection; its light shows how far that is",
    "next": "select the next hit of the last search over OSC",
    "previous": "select the hit before",
    "audition": "play the selection, as loud as the key was struck",
    "stop": "stop what plays",
    "cancel": "cancel the newest open job",
    "kit": "put the slices of the newest finished job on the pads",
    "progress": "not pressed: shows how far the newest job is, as a controller or a light",
}


def command_of(do: str, recipes: Iterable[str]) -> str:
    """As it is written in one way only. Raises BadParameter for one that is none, or runs no recipe."""
    verb, _, rest = do.strip().partition(" ")
    recipe = rest.strip()
    legal = {name.partition(" ")[0]: "RECIPE" in name for name in COMMANDS}
    if verb not in legal or legal[verb] != bool(recipe):
        raise BadParameter(f"{do!r} is no command", hint=f"One of: {', '.join(COMMANDS)}")
    if not recipe:
        return verb
    known = list(recipes)
    if recipe not in known:
        raise BadParameter(f"there is no recipe {recipe!r}", hint=f"One of: {', '.join(known)}")
    return f"{verb} {recipe}"
