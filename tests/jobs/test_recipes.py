from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
import pytest

from daemon.jobs.graph import waits_for, with_encoding
from daemon.jobs.recipe_file import parse
from daemon.jobs.recipe_params import with_params
from daemon.jobs.recipes import SHIPPED, Recipes
from daemon.kernel.errors import BadParameter, BadRecipe, NotFound
from daemon.steps import registry

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


BROKEN = {
    "deep brackets": b"x = " + 100_000 * b"[",
    "deep tables": b"[" + 5_000 * b"a." + b"a]",
    "many digits": b"x = " + 5_000 * b"9",
    "many hexadecimal digits": b"about = 0x" + 9_000 * b"9",
    "a number that JSON has no room for": b'about = "x"\n[[step]]\nuse = "separate"\nseed = ' + 30 * b"9",
    "not UTF-8": b'name = "caf\xe9"',
    "UTF-16": 'name = "x"'.encode("utf-16"),
    "empty": b"",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_listed_and_keeps_no_other_recipe_from_being_used(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "mine.toml").write_text(STEMS)
    (tmp_path / "x.toml").write_bytes(content)
    recipes = Recipes(tmp_path)
    problem = {each.name: each.problem for each in recipes.listed()}["x"]
    assert problem is not None and str(tmp_path / "x.toml") in problem
    msgspec.json.encode([msgspec.to_builtins(each.recipe) for each in recipes.listed()])
    assert recipes.get("mine").steps
    with pytest.raises(BadRecipe, match=r"x\.toml"):
        recipes.get("x")


def test_a_mark_that_windows_puts_in_front_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xef\xbb\xbf" + STEMS.encode())
    assert Recipes(tmp_path).get("x").steps


@pytest.mark.skipif(os.name != "posix", reason="needs a named pipe")
def test_a_pipe_or_a_folder_in_the_place_of_a_recipe_keeps_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.toml")
    (tmp_path / "y.toml").mkdir()
    problems = {each.name: each.problem for each in Recipes(tmp_path).listed()}
    for name in "xy":
        assert "a folder, a pipe or a device" in str(problems[name])


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode on this system")
@pytest.mark.parametrize("content", [STEMS, "name = "])
def test_a_file_name_that_is_not_utf8_can_be_listed_and_named(tmp_path: Path, content: str) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.toml")).write_text(content)
    recipes = Recipes(tmp_path)
    listed = {each.name: each for each in recipes.listed()}[r"caf\udce9"]
    assert msgspec.json.encode([listed.name, listed.problem])
    assert (listed.recipe is None) == (content != STEMS)


def test_only_steps_that_a_recipe_may_use_are_offered() -> None:
    """A new step is either for recipes, and stands here, or roadie's own, and is refused in them."""
    with pytest.raises(BadRecipe) as caught:
        parse('[[step]]\nuse = "???"', WHERE)
    offered = str(caught.value.hint).removeprefix("There are: ").split(", ")
    assert offered == ["analyse", "classify", "lyrics", "midi", "notes", "play", "render", "separate", "slice"]
    for name in set(registry.STEPS) - set(offered):
        with pytest.raises(BadRecipe, match="is no step"):
            parse(f'[[step]]\nuse = "{name}"', WHERE)


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
