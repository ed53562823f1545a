"""Kits as track templates, read back by an independent parser."""

from __future__ import annotations

import base64
import struct
from pathlib import Path

import pytest
import rpp

from bridges.reaper import kit_template
from bridges.reaper.kit_template import Sample
from bridges.reaper.rpp_text import quoted
from bridges.reaper.target import ReaperTarget
from bridges.registry import targets
from daemon.kernel.work import Kind
from tests.bridges.folder.items import hit, item

SAMPLES = [
    Sample(Path("/s/it's a \"kick\" `1`.wav"), "kick", 90), Sample(Path("/s/kick ü 2.wav"), "kick", 120),
    Sample(Path("/s/snare.wav"), "snare"), Sample(Path("/s/odd.wav"), "odd thing"), Sample(Path("/s/x.wav"), "other"),
]  # fmt: skip


def test_an_independent_parser_reads_it(tmp_path: Path) -> None:
    track = rpp.loads(kit_template.encode("My \"Kit\" 'x'", SAMPLES))
    assert track.tag == "TRACK"
    assert track.find(".//NAME") == ["NAME", "My \"Kit\" 'x'"]
    plugins = track.findall(".//VST")
    assert [each.attrib[3] for each in plugins] == ["kick", "snare", "odd thing", "other"]
    assert [each.attrib[4] for each in plugins] == ["1920167789<56535472736F6D72656173616D706C6F>"] * 4
    names = track.find(".//MIDINOTENAMES")
    # General MIDI: 36 Bass Drum 1, 38 Acoustic Snare; what is no drum lies from 76 on.
    assert [(int(row[1]), row[2]) for row in names] == [
        (36, "kick"), (38, "snare"), (76, "odd thing"), (77, "other"),
    ]  # fmt: skip
    for plugin, (note, path) in zip(
        plugins, [(36, SAMPLES[1]), (38, SAMPLES[2]), (76, SAMPLES[3]), (77, SAMPLES[4])], strict=True
    ):
        header, *state, _ = [base64.b64decode(row[0] if isinstance(row, list) else row) for row in plugin]
        content = b"".join(state)
        assert struct.unpack_from("<I", header, 32) == (len(content),)
        name, _, rest = content.partition(b"\0")
        assert name.decode() == str(path.path)
        values = struct.unpack_from("<16d", rest)
        assert [round(value * 127) for value in values[3:5]] == [note, note]
        assert values[0] == 1.0 and values[1] == values[5] == values[6] == 0.5
        assert (values[13], values[14]) == (0.0, 1.0), "the whole sample"
    assert kit_template.samples_of(kit_template.encode("k", SAMPLES)) == [
        SAMPLES[1].path, SAMPLES[2].path, SAMPLES[3].path, SAMPLES[4].path,
    ]  # fmt: skip


def test_the_same_kit_is_the_same_text_and_an_empty_one_is_none() -> None:
    assert kit_template.encode("k", SAMPLES) == kit_template.encode("k", reversed(SAMPLES))
    assert kit_template.encode("k", []) == ""


@pytest.mark.parametrize("text", ["plain", 'a "b"', "a 'b' \"c\"", "", " ", "a\tb", "`'", "%&<>|"])
def test_a_text_is_one_token_for_the_parser(text: str) -> None:
    read = rpp.loads(f"<TRACK\n  NAME {quoted(text)}\n>\n").find(".//NAME")
    assert read == ["NAME", text.replace("\t", " ")]


def test_all_three_quotes_lose_the_backtick_as_in_reaper() -> None:
    assert rpp.loads(f"<TRACK\n  NAME {quoted(chr(34) + chr(39) + chr(96))}\n>\n").find(".//NAME")[1] == "\"''"


def place(target: ReaperTarget, root: Path) -> tuple[list, list[Path], dict[Path, str]]:
    items = [item(Kind.STEM, "drums.wav", stem="drums"), *(hit(start) for start in (300, 100, 200))]
    paths = target.plan(items, None, root)
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.name.encode())
    return items, paths, target.sidecars(items, paths, root)


def test_a_delivery_brings_a_kit_and_takes_it_along(tmp_path: Path) -> None:
    resources = tmp_path / "REAPER"
    target = targets(lambda name: [resources] if name == "reaper" else [])["reaper"]
    _, paths, texts = place(target, tmp_path / "out")
    (template,) = [path for path in texts if path.suffix == ".RTrackTemplate"]
    assert template.parent == resources / "TrackTemplates" / "roadie"
    assert set(kit_template.samples_of(texts[template])) <= set(paths)
    template.parent.mkdir(parents=True)
    template.write_text(texts[template])
    played = kit_template.samples_of(texts[template])[0]
    assert target.after_removal([played])[template] is None
    assert template not in target.after_removal([paths[0]]), "the stem is not in the kit"


def test_without_reaper_the_template_lies_beside_and_replaces_nothing(tmp_path: Path) -> None:
    target = targets()["reaper"]
    _, _, texts = place(target, tmp_path)
    (template,) = [path for path in texts if path.suffix == ".RTrackTemplate"]
    assert template.parent == tmp_path
    template.write_text("<TRACK\n  NAME mine\n>\n")
    _, _, texts = place(target, tmp_path)
    assert template not in texts and template.with_stem(template.stem + " (2)") in texts
