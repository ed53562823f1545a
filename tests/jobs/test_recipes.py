from __future__ import annotations

from pathlib import Path

import pytest

from daemon.jobs.graph import waits_for, with_encoding
from daemon.jobs.recipe_file import parse
from daemon.jobs.recipe_params import with_params
from daemon.jobs.recipes import SHIPPED, Recipes
from daemon.kernel.errors import BadParameter, BadRecipe, NotFound

WHERE = Path("mine.toml")
EFFECT = '[[effect]]\nid = "out"\nuse = "deliver"\nfrom = ["stems"]\n'
STEMS = '[[step]]\nid = "stems"\nuse = "separate"\n'


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_each_shipped_recipe_is_legal_and_delivers_what_it_makes(path: Path) -> None:
    recipe = parse(path.read_text("utf-8"), path)
    assert recipe.name == path.stem and recipe.about
    measures = all(step.use in ("analyse", "classify") for step in recipe.steps)  # no files: the library learns
    assert (recipe.effects or measures) and all(effect.sources for effect in recipe.effects)


def test_the_five_recipes_are_there(tmp_path: Path) -> None:
    assert {"stems", "samples", "midi", "lyrics", "full"} <= {each.name for each in Recipes(tmp_path).listed()}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "not TOML"),
        ("name = 'x'", "at least one"),
        ("nmae = 'x'\n" + STEMS, "'nmae'"),
        ('[[step]]\nuse = "seperate"', "Did you mean 'separate'"),
        ('[[step]]\nuse = "separate"\nshiftss = 1', "Did you mean 'shifts'"),
        (STEMS + STEMS, "'stems' is taken"),
        ('[[step]]\nuse = "slice"\nfrom = "stems"', "names no earlier step"),
        (STEMS + '[[effect]]\nuse = "deliver"\nfrom = ["stem"]', "Did you mean 'stems'"),
        (STEMS + '[[effect]]\nuse = "deliver"\nform = ["stems"]', "Did you mean 'from'"),
        ('[step]\nuse = "separate"', "two brackets"),
        ('[[step]]\nuse = "separate"\noverlap = 7.0', "overlap"),
        ('[[step]]\nid = "cover"\nuse = "separate"', "'cover' is taken"),
        (STEMS + EFFECT + EFFECT, "'out' is taken"),
        (STEMS + '[[step]]\nid = "encode-out"\nuse = "analyse"\n' + EFFECT, "'encode-out' is taken"),
        (STEMS + EFFECT.replace('id = "out"', "") + EFFECT.replace('"out"', '"1"'), "'encode' is taken"),
        (STEMS + '[[step]]\nid = "stems-cover"\nuse = "analyse"\n', "'stems-cover' is taken"),
    ],
)
def test_a_broken_recipe_says_where_and_what(text: str, says: str) -> None:
    with pytest.raises((BadRecipe, BadParameter), match=says) as caught:
        parse(text, WHERE)
    assert "mine.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("use", "params", "names"),
    [
        ("slice", {"min_length_s": 2.0, "max_length_s": 0.1}, ("min_length_s 2", "max_length_s 0.1")),
        ("notes", {"minimum_hz": 500.0, "maximum_hz": 40.0}, ("minimum_hz 500", "maximum_hz 40")),
        ("analyse", {"bpm_min": 150.0, "bpm_max": 100.0}, ("bpm_min 150", "bpm_max 100")),
    ],
)
def test_bounds_that_leave_nothing_between_them_are_refused_with_both_names(
    use: str, params: dict[str, float], names: tuple[str, str]
) -> None:
    """Also where one is the recipe's and the other a request's."""
    (low, least), (high, most) = params.items()
    with pytest.raises(BadParameter, match=f"{names[0]} is above {names[1]}"):
        parse(f'[[step]]\nuse = "{use}"\n{low} = {least}\n{high} = {most}', WHERE)
    recipe = parse(f'[[step]]\nuse = "{use}"\n{low} = {least}', WHERE)
    with pytest.raises(BadParameter, match=f"{names[0]} is above {names[1]}"):
        with_params(recipe, {use: {high: most}})
    assert with_params(recipe, {use: {low: most, high: most}})


def test_a_users_recipe_stands_for_the_shipped_one_and_a_broken_one_is_listed(tmp_path: Path) -> None:
    (tmp_path / "stems.toml").write_text('name = "stems"\nabout = "my own"\n' + STEMS)
    (tmp_path / "bad.toml").write_text("name = ")
    recipes = Recipes(tmp_path)
    assert recipes.get("stems").about == "my own"
    assert [each.problem is None for each in recipes.listed() if each.name == "bad"] == [False]
    with pytest.raises(BadRecipe):
        recipes.get("bad")
    with pytest.raises(NotFound, match="Did you mean 'stems'"):
        recipes.get("stem")


def test_parameters_of_a_request_go_to_the_step_by_id_or_by_use(tmp_path: Path) -> None:
    full = Recipes(tmp_path).get("full")
    changed = with_params(full, {"separate": {"model": "htdemucs", "overlap": 0.1}, "stems": {"overlap": 0.5}})
    assert changed.step("stems").params == {"model": "htdemucs", "overlap": 0.5}
    with pytest.raises(BadParameter, match="no step 'seperate'"):
        with_params(full, {"seperate": {}})
    with pytest.raises(BadParameter, match="no parameter 'modell'"):
        with_params(full, {"separate": {"modell": "x"}})


def test_steps_wait_for_those_that_learn_about_their_files(tmp_path: Path) -> None:
    full = with_encoding(Recipes(tmp_path).get("full"), "wav", "auto")
    assert waits_for(full, full.step("stems")) == []
    assert set(waits_for(full, full.step("slices"))) == {"stems", "song"}
    assert set(waits_for(full, full.step("clean"))) == {"slices", "classes"}
    assert set(waits_for(full, full.step("midi"))) == {"notes", "slices", "song", "classes"}


def test_a_link_to_nothing_is_a_broken_recipe_and_keeps_no_other_away(tmp_path: Path) -> None:
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nowhere.toml")
    recipes = Recipes(tmp_path)
    assert recipes.get("stems").name == "stems"
    with pytest.raises(BadRecipe, match="No such file"):
        recipes.get("gone")
