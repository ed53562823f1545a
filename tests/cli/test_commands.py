"""Each noun's commands against answers written down beforehand: what is asked, what is printed, the exit code."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from tests.cli.conftest import Ran
from tests.fakes.daemon import FakeDaemon, artifact_view, event, job_view, problem, step_view

Roadie = Callable[..., Ran]

ASSET = {
    "id": "a" * 64, "name": "kick.wav", "kind": "one-shot", "path": "/s/kick.wav", "paths": ["/s/kick.wav"],
    "class": "kick", "confidence": 0.9, "bpm": None, "key": None, "stem": None, "length_s": 0.4, "rate_hz": 44100,
    "channels": 1, "rating": 0,
    "tags": [
        {"label": "kick", "confidence": 0.9, "origin": "model"}, {"label": "909", "confidence": 1, "origin": "user"}
    ],
    "parent": None, "source": None, "job": None, "missing": False, "added_at": 1.0, "meta": {},
}  # fmt: skip
MODEL = {
    "name": "htdemucs", "engine": "demucs", "task": "separate", "about": "Hybrid Transformer Demucs",
    "size_bytes": 84_000_000, "licence": "MIT (code)", "licence_note": "the weights' card grants nothing explicit",
    "source": "the hub", "installed": False, "bundled": False, "sha256": None, "command": "roadie models pull htdemucs",
}  # fmt: skip


def page(*items: object, cursor: str | None = None) -> dict[str, object]:
    return {"items": list(items), "next_cursor": cursor}


# ---------------------------------------------------------------- names


def test_a_name_cannot_break_a_line_or_colour_it(found: FakeDaemon, roadie: Roadie) -> None:
    path = "/s/two\nlines \x1b[31mred \u202egpj 🥁 é.wav"
    found.routes["GET /assets"] = page({**ASSET, "path": path, "paths": [path]})
    ran = roadie("search", "two")
    assert ran.out.splitlines()[1:] == [ran.out.splitlines()[-1]]
    assert ran.out.rstrip().endswith(r"/s/two\nlines \x1b[31mred \u202egpj 🥁 é.wav")
    assert json.loads(roadie("search", "two", "--json").out)[0]["path"] == path


@pytest.mark.parametrize(
    "command",
    [
        ("run", "stems", "song.wav"),
        ("demo",),
        ("library", "export", "kick"),
        ("chains", "apply", "punch", "a.wav"),
    ],
)
def test_an_empty_out_is_not_the_current_folder(
    found: FakeDaemon, roadie: Roadie, command: tuple[str, ...]
) -> None:
    ran = roadie(*command, "--out", "")
    assert ran.code == 2 and "--out" in ran.err


# ---------------------------------------------------------------- jobs


def test_jobs_without_a_verb_lists(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["GET /jobs"] = page(job_view("done"))
    ran = roadie("jobs")
    head, row = ran.out.splitlines()
    assert head.split()[:3] == ["id", "recipe", "state"]
    assert row.split()[:4] == ["j1", "samples", "done", "100%"]
    assert row.endswith("1:03     song.flac") or row.split()[-2:] == ["1:03", "song.flac"]


def test_jobs_pages_are_joined_up_to_the_limit(found: FakeDaemon, roadie: Roadie) -> None:
    def answer(request: web.Request) -> dict[str, object]:
        first = "cursor" not in request.query
        names = ["j1", "j2"] if first else ["j3"]
        return page(*(job_view("done", id=name) for name in names), cursor="2" if first else None)

    found.routes["GET /jobs"] = answer
    listed = json.loads(roadie("jobs", "list", "--state", "done", "--json").out)
    assert [job["id"] for job in listed] == ["j1", "j2", "j3"]
    assert found.asked[-1][2] == {"state": "done", "cursor": "2", "limit": "18"}


def test_no_jobs_says_so(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["GET /jobs"] = page()
    assert "no jobs" in roadie("jobs").out


def test_show_tells_steps_artifacts_and_reasons(found: FakeDaemon, roadie: Roadie) -> None:
    lyrics = step_view("lyrics", "skipped", reason="the model is not installed")
    found.views = [
        job_view(
            "done", steps=[step_view("stems", "done"), lyrics], artifacts=[artifact_view("/out/s/drums.wav")]
        )
    ]
    ran = roadie("jobs", "show", "j1")
    assert ran.code == 0
    assert "drums.wav" in ran.out
    assert "skipped: lyrics: the model is not installed" in ran.err


def test_undo_lists_what_went_and_what_stayed(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["POST /jobs/j1/undo"] = {
        "id": "j1", "removed": ["/o/a.wav"], "kept": [{"path": "/o/b.wav", "why": "changed since"}],
    }  # fmt: skip
    assert roadie("jobs", "undo", "j1").out.splitlines() == [
        "taken back  /o/a.wav",
        "kept        /o/b.wav: changed since",
    ]


def test_cancel(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["POST /jobs/j1/cancel"] = {"id": "j1", "state": "cancelled"}
    assert roadie("jobs", "cancel", "j1").out == "j1: cancelled\n"


# ---------------------------------------------------------------- run


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.flac"
    path.write_bytes(b"")
    return path


def test_run_asks_waits_and_shows_the_tree(
    found: FakeDaemon, roadie: Roadie, song: Path, tmp_path: Path
) -> None:
    found.routes["POST /jobs"] = {"id": "j1", "state": "preparing"}
    found.views = [
        job_view("running"),
        job_view("done", artifacts=[artifact_view("/out/song/drums.wav"), artifact_view("/out/song/bass.wav")]),
    ]
    found.events = [event(type="job.state", state="done")]
    ran = roadie("run", "stems", song, "--out", tmp_path / "o", "--region", "1+2", "--set", "separate.shifts=1")
    assert ran.code == 0
    body = found.asked[1][2]
    assert body["inputs"] == [{"path": str(song), "asset": None, "region": {"start_s": 1.0, "length_s": 2.0}}]
    assert body["params"] == {"separate": {"shifts": 1}}
    assert body["deliver"]["folder"] == str(tmp_path / "o")
    assert [line.split()[-1] for line in ran.out.splitlines()] == ["/out/song/", "bass.wav", "drums.wav"]
    assert "samples j1: done in 1:03, 2 files delivered" in ran.err


def test_run_as_json_is_one_document(found: FakeDaemon, roadie: Roadie, song: Path) -> None:
    found.routes["POST /jobs"] = {"id": "j1", "state": "preparing"}
    found.views = [job_view("done")]
    ran = roadie("run", "stems", song, "--json")
    assert json.loads(ran.out)["state"] == "done"
    assert ran.err == ""


def test_a_failed_job_is_1_and_told(found: FakeDaemon, roadie: Roadie, song: Path) -> None:
    error = {"code": "unreadable_audio", "message": "song.flac: not audio. Check it", "where": "song.flac",
             "hint": "Check it"}  # fmt: skip
    found.routes["POST /jobs"] = {"id": "j1", "state": "preparing"}
    found.views = [job_view("failed", error=error)]
    ran = roadie("run", "stems", song)
    assert ran.code == 1
    assert "error: song.flac: not audio\n  what to do: Check it" in ran.err


def test_one_bad_input_of_two_is_1_though_the_job_is_done(
    found: FakeDaemon, roadie: Roadie, song: Path
) -> None:
    good = {"id": "j1.0", "path": "/m/a.wav", "asset": "a", "region": None, "state": "done", "error": None}
    error = {"code": "unreadable_audio", "message": "b.wav: empty", "where": "b.wav", "hint": None}
    bad = {**good, "id": "j1.1", "path": "/m/b.wav", "state": "failed", "error": error}
    found.routes["POST /jobs"] = {"id": "j1", "state": "preparing"}
    found.views = [job_view("done", inputs=[good, bad], artifacts=[artifact_view("/out/a/drums.wav")])]
    ran = roadie("run", "stems", song)
    assert ran.code == 1
    assert "b.wav: empty" in ran.err and "drums.wav" in ran.out


def test_no_wait_prints_the_job(found: FakeDaemon, roadie: Roadie, song: Path) -> None:
    found.routes["POST /jobs"] = {"id": "j1", "state": "preparing"}
    assert roadie("run", "stems", song, "--no-wait").out == "j1\n"


def test_a_file_that_is_not_there_is_named_before_anything_is_asked(found: FakeDaemon, roadie: Roadie) -> None:
    ran = roadie("run", "stems", "/nowhere/x.wav")
    assert ran.code == 1
    assert "/nowhere/x.wav" in ran.err
    assert found.asked == []


# ---------------------------------------------------------------- library


def test_search_passes_the_filters_on(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["GET /assets"] = page(ASSET)
    ran = roadie(
        "search", "deep", "kick", "--class", "kick", "--bpm", "118..124", "--key", "Am", "--limit", "7"
    )
    assert found.asked[-1][2] == {
        "q": "deep kick", "class": "kick", "bpm_min": "118.0", "bpm_max": "124.0", "key": "Am", "limit": "7",
    }  # fmt: skip
    assert ran.out.splitlines()[1].split() == ["kick", "90%", "one-shot", "-", "-", "0.40", "s", "/s/kick.wav"]


@pytest.mark.parametrize(
    ("bpm", "asked"),
    [
        ("120", {"bpm_min": "119.5", "bpm_max": "120.5"}),
        ("118..", {"bpm_min": "118.0"}),
        ("..90", {"bpm_max": "90.0"}),
    ],
)
def test_tempo_ranges(found: FakeDaemon, roadie: Roadie, bpm: str, asked: dict[str, str]) -> None:
    found.routes["GET /assets"] = page()
    assert "Nothing found" in roadie("search", "--bpm", bpm).out
    assert found.asked[-1][2] == {**asked, "limit": "50"}


def test_a_tempo_that_is_none_is_2(found: FakeDaemon, roadie: Roadie) -> None:
    assert roadie("search", "--bpm", "fast").code == 2


def test_an_order_that_is_none_is_answered_with_those_that_are(found: FakeDaemon, roadie: Roadie) -> None:
    for sort in ("foo", "-foo", ""):
        ran = roadie("search", "--sort", sort)
        assert ran.code == 2 and "relevance, added, name" in ran.err
    found.routes["GET /assets"] = page()
    assert roadie("search", "--sort", "-length").code == 0
    assert found.asked[-1][2] == {"sort": "length", "descending": "true", "limit": "50"}


def test_tags_are_added_to_ones_own_only(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["GET /assets/kick"] = ASSET
    found.routes[f"PATCH /assets/{ASSET['id']}"] = ASSET
    assert roadie("library", "tag", "kick", "deep").code == 0
    assert found.asked[-1] == ("PATCH", f"/assets/{ASSET['id']}", {"tags": ["909", "deep"]})
    roadie("library", "tag", "kick", "909", "--off")
    assert found.asked[-1][2] == {"tags": []}


def test_a_corrected_class_is_told(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["GET /assets/kick"] = ASSET
    found.routes[f"PATCH /assets/{ASSET['id']}"] = {**ASSET, "class": "my zap"}
    assert roadie("library", "tag", "kick", "--class", "my zap").out == "kick.wav: class my zap, tags: 909\n"


def test_a_file_is_found_in_the_library_by_its_path(found: FakeDaemon, roadie: Roadie, song: Path) -> None:
    found.routes["GET /assets"] = page(
        {**ASSET, "id": "x", "paths": ["/other"]}, {**ASSET, "paths": [str(song)]}
    )
    found.routes[f"DELETE /assets/{ASSET['id']}"] = lambda _: web.Response(status=204)
    assert roadie("library", "remove", song).code == 0
    assert found.asked[-1] == ("DELETE", f"/assets/{ASSET['id']}", {"path": str(song)})
    told = json.loads(roadie("library", "remove", song, "--json").out)
    assert told == {"removed": [{"id": ASSET["id"], "name": ASSET["name"], "file": False, "left": []}]}


def test_a_file_that_the_library_does_not_know(found: FakeDaemon, roadie: Roadie, song: Path) -> None:
    found.routes["GET /assets"] = page()
    ran = roadie("library", "remove", song)
    assert ran.code == 1
    assert "does not know" in ran.err


def test_stats(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["GET /stats"] = {
        "assets": 3, "paths": 4, "missing": 1, "length_s": 3725.0, "by_kind": {"stem": 1, "one-shot": 2},
        "by_class": {},
    }  # fmt: skip
    lines = roadie("library", "stats").out.splitlines()
    assert lines[0] == "3 assets at 4 paths (1 missing), 1:02:05 in all"
    assert [line.split() for line in lines[3:]] == [["one-shot", "2"], ["stem", "1"]]


def test_duplicates(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["GET /duplicates"] = page({"asset": "a", "paths": ["/a.wav", "/b.wav"]})
    assert roadie("library", "duplicates").out.splitlines()[:2] == ["/a.wav", "/b.wav"]


def test_duplicates_that_would_be_put_aside(found: FakeDaemon, roadie: Roadie, tmp_path: Path) -> None:
    group = {
        "asset": "a", "keeps": "/a.wav", "why": "the oldest", "moves": [["/b.wav", "/d/b.wav"]], "size_bytes": 2000,
        "left": [["/c.wav", "a project uses it"]],
    }  # fmt: skip
    found.routes["POST /duplicates/plan"] = {"groups": [group], "projects": 2}
    ran = roadie("library", "duplicates", "--remove", "--dry-run", "--in", tmp_path)
    assert ran.out.splitlines() == [
        "/a.wav  (stays: the oldest)", "  /b.wav -> /d/b.wav", "  /c.wav  (left where it is: a project uses it)", "",
        "1 file would be moved, 2 kB. Nothing was changed.",
    ]  # fmt: skip
    assert ran.err == ""
    asked = [each for each in found.asked if each[1] != "/health"]
    assert asked == [("POST", "/duplicates/plan", {"folder": str(tmp_path), "to": None})]
    for words in (("--dry-run",), ("--to", tmp_path), ("--near", "--remove")):
        assert roadie("library", "duplicates", *words).code == 2
    assert not any(path == "/duplicates" for _, path, _ in found.asked)


def test_scan_and_export_are_jobs_that_are_waited_for(
    found: FakeDaemon, roadie: Roadie, tmp_path: Path
) -> None:
    found.views = [job_view("done")]
    found.routes["POST /scans"] = found.routes["POST /exports"] = {"id": "j1", "state": "preparing"}
    assert roadie("library", "scan", tmp_path).code == 0
    assert ("POST", "/scans", {"path": str(tmp_path)}) in found.asked
    assert roadie("library", "export", "909", "--class", "kick", "--out", tmp_path / "o").code == 0
    body = next(body for method, path, body in found.asked if path == "/exports")
    assert (body["folder"], body["query"]["q"], body["query"]["class"]) == (
        str(tmp_path / "o"),
        "909",
        "kick",
    )


# ---------------------------------------------------------------- models, recipes, config


def test_models_say_size_and_licence(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["GET /models"] = page(MODEL)
    row = roadie("models").out.splitlines()[1]
    assert "84 MB" in row and "MIT (code)" in row and " no " in row


def test_pull_says_the_facts_first(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["GET /models"] = page(MODEL)
    found.routes["POST /models/htdemucs/pull"] = {"id": "j1", "state": "preparing"}
    found.views = [job_view("done")]
    ran = roadie("models", "pull", "htdemucs")
    assert ran.code == 0
    assert "the weights' card grants nothing explicit" in ran.err


def test_a_model_that_does_not_exist_names_those_that_do(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["GET /models"] = page(MODEL)
    ran = roadie("models", "pull", "nonsense")
    assert ran.code == 1
    assert "htdemucs" in ran.err


def test_add_and_remove(found: FakeDaemon, roadie: Roadie, song: Path) -> None:
    found.routes["POST /models"] = {**MODEL, "installed": True}
    found.routes["DELETE /models/mine"] = lambda _: web.Response(status=204)
    assert roadie("models", "add", "mine", song, "--trusted").code == 0
    assert found.asked[-1][2] == {"name": "mine", "path": str(song), "trusted": True}
    assert roadie("models", "remove", "mine").code == 0
    assert json.loads(roadie("models", "remove", "mine", "--json").out) == {"removed": "mine"}


def test_a_recipe_that_is_not_there_is_asking_wrongly(found: FakeDaemon, roadie: Roadie, song: Path) -> None:
    hint = "There are: stems"
    found.routes["POST /jobs"] = lambda _: problem(
        404, "not_found", f"there is no recipe 'x'. {hint}", hint=hint
    )
    ran = roadie("run", "x", song)
    assert (ran.code, ran.err.splitlines()) == (
        2, ["error: there is no recipe 'x'", f"  what to do: {hint}"]
    )  # fmt: skip


def test_recipes(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["GET /recipes"] = page(
        {
            "name": "mine",
            "about": "x",
            "origin": "user",
            "steps": [],
            "effects": [],
            "problem": "line 3: no step",
        }
    )
    assert roadie("recipes").out.splitlines()[1].split() == ["mine", "user", "line", "3:", "no", "step"]


def test_config_shows_file_and_environment(home: Path, roadie: Roadie, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text('[folders]\nroots = ["~/Music"]\n')
    monkeypatch.setenv("ROADIE_HTTP_PORT", "7799")
    assert roadie("config", "path").out == f"{home / 'config.toml'}\n"
    shown = dict(line.split(maxsplit=1) for line in roadie("config", "show").out.splitlines()[1:])
    assert shown["http.port"] == "7799"
    assert shown["folders.roots"] == '["~/Music"]'
    assert json.loads(roadie("config", "show", "--json").out)["http"]["port"] == 7799


def test_config_set_makes_a_list_of_one_value(home: Path, roadie: Roadie) -> None:
    assert roadie("config", "set", "folders.roots", "~/Music").code == 0
    assert tomllib.loads((home / "config.toml").read_text())["folders"]["roots"] == ["~/Music"]


def test_config_set_keeps_the_rest_of_the_file(home: Path, roadie: Roadie) -> None:
    file = home / "config.toml"
    file.write_text("# mine\n[http]\nport = 7700  # as always\n")
    assert roadie("config", "set", "workers.cpu", "2").code == 0
    assert roadie("config", "set", "folders.roots", '["~/Music"]').code == 0
    assert file.read_text().startswith("# mine\n[http]\nport = 7700  # as always\n")
    assert tomllib.loads(file.read_text()) == {
        "http": {"port": 7700}, "workers": {"cpu": 2}, "folders": {"roots": ["~/Music"]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value"),
    [("http.port", "70000"), ("http.prot", "1"), ("nothing", "1"), ("http", "1"), ("pause_heavy", "sometimes")],
)
def test_config_set_refuses_what_is_no_setting(home: Path, roadie: Roadie, key: str, value: str) -> None:
    assert roadie("config", "set", key, value).code == 2
    assert not (home / "config.toml").exists()


def test_config_set_reaches_the_running_daemon(found: FakeDaemon, roadie: Roadie) -> None:
    found.routes["GET /settings"] = {"values": {}, "changeable": ["pause_heavy"]}
    found.routes["PATCH /settings"] = {"values": {"pause_heavy": "playing"}, "changeable": ["pause_heavy"]}
    assert "started again" not in roadie("config", "set", "pause_heavy", "playing").out
    assert found.asked[-1] == ("PATCH", "/settings", {"values": {"pause_heavy": "playing"}})
    assert "started again" in roadie("config", "set", "workers.cpu", "1").out


def test_a_broken_config_is_told(home: Path, roadie: Roadie) -> None:
    (home / "config.toml").write_text("[http\n")
    ran = roadie("config", "show")
    assert ran.code == 2
    assert str(home / "config.toml") in ran.err


@pytest.mark.parametrize(("option", "field"), [("--tag", "tag"), ("--class", "class"), ("--kind", "kind")])
def test_write_tags_asks_for_what_the_option_says(
    found: FakeDaemon, roadie: Roadie, option: str, field: str
) -> None:
    """Class and kind were once mixed up: the files of another search would have been written to."""
    found.routes["POST /write-tags"] = {"id": "j1", "state": "preparing"}
    found.views = [job_view("done")]
    assert roadie("library", "write-tags", "909", option, "one-shot").code == 0
    body = next(body for method, path, body in found.asked if (method, path) == ("POST", "/write-tags"))
    said = {key: body["query"].get(key) for key in ("q", "tag", "class", "kind")}
    assert {key: value for key, value in said.items() if value} == {"q": "909", field: "one-shot"}


def test_a_retry_without_waiting_needs_a_daemon_that_stays(home: Path, roadie: Roadie) -> None:
    ran = roadie("jobs", "retry", "j1", "--no-wait")
    assert ran.code == 2 and "--no-wait needs a daemon that stays" in ran.err
