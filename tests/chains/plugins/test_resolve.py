"""A chain's plug-ins by what scans found, and what is kept of how they do."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pedalboard
import pytest

from daemon.chains.check import Place, check
from daemon.chains.errors import BadChain
from daemon.chains.files import parse_chain, resolve_chain, resolved_chain
from daemon.chains.plugins.catalogue import IN_A_ROW, IN_ALL, Catalogue, Entry, PresetView, unchanged
from daemon.chains.plugins.resolve import find, resolve_plugins
from daemon.kernel.errors import NotInstalled
from daemon.kernel.work import PluginUse
from tests.plugins.build import VENDOR, build, compiler
from tests.plugins.rig import scanned

Plugin = Callable[[str], Path]
GAIN = f"vst3:{VENDOR}/Gain"


@pytest.fixture
def catalogue(tmp_path: Path, plugin: Plugin) -> Catalogue:
    made = Catalogue(tmp_path / "plugins")
    scanned(plugin("GAIN"), made)
    return made


def resolved(catalogue: Catalogue, **effect: object) -> dict:
    chain = check({"fx": [effect]}, Place("chain.toml", ""))
    return resolve_plugins(chain, catalogue, "chain.toml")["fx"][0]


def test_it_is_named_by_file_hash_and_version(catalogue: Catalogue, plugin: Plugin) -> None:
    one = resolved(catalogue, plugin=GAIN, params={"gain_db": 3})
    assert one["file"] == str(plugin("GAIN")) and one["version"] == "1.2.3" and len(one["hash"]) == 32
    assert resolved(catalogue, plugin=str(plugin("GAIN")))["name"] == "Gain"
    assert resolved(catalogue, plugin=f"{plugin('GAIN')}#Gain")["name"] == "Gain"
    again = resolved_chain({"fx": [one]})
    assert again["fx"] == [one], "what is resolved is canonical"
    for key in one.keys() - {"plugin", "params"}:
        with pytest.raises(BadChain, match=f"'{key}' does not go with plugin"):
            resolve_chain({"fx": [{"plugin": GAIN, key: one[key]}]})


def test_parallel_branches_too(catalogue: Catalogue) -> None:
    chain = check({"fx": [{"parallel": [[], [{"plugin": GAIN}]]}]}, Place("c", ""))
    assert resolve_plugins(chain, catalogue)["fx"][0]["parallel"][1][0]["hash"]


def test_parameters_are_checked_with_their_range(catalogue: Catalogue) -> None:
    with pytest.raises(BadChain, match=r"gain_db must be a number from -24 to 24, not 99"):
        resolved(catalogue, plugin=GAIN, params={"gain_db": 99})
    with pytest.raises(BadChain, match=r"mode must be one of Clean, Inverted, Muted, not 'Loud'"):
        resolved(catalogue, plugin=GAIN, params={"mode": "Loud"})
    with pytest.raises(BadChain, match=r"no parameter 'gian_db'.*Did you mean 'gain_db'"):
        resolved(catalogue, plugin=GAIN, params={"gian_db": 1})


def test_what_is_not_there_is_said_with_what_to_do(catalogue: Catalogue, plugin: Plugin) -> None:
    with pytest.raises(NotInstalled, match=rf"Did you mean {GAIN}"):
        resolved(catalogue, plugin=GAIN.lower())
    with pytest.raises(NotInstalled, match=r"Gian: there is no such plug-in. Did you mean Gain\?"):
        resolved(catalogue, plugin="Gian")
    with pytest.raises(NotInstalled, match=r"roadie plugins scan"):
        resolved(catalogue, plugin="vst3:Somebody/Else")
    binary = next((plugin("GAIN") / "Contents").rglob("GAIN*"))
    binary.write_bytes(binary.read_bytes() + b"\0")
    with pytest.raises(NotInstalled, match=r"changed or gone.*roadie plugins scan"):
        resolved(catalogue, plugin=GAIN)


def test_a_preset_is_part_of_what_it_is(catalogue: Catalogue, tmp_path: Path) -> None:
    preset = tmp_path / "punch.vstpreset"
    (entry,) = catalogue.entries()
    head = b"VST3\1\0\0\0" + entry.plugins[0].class_id.encode()
    assert len(head) == 40
    preset.write_bytes(head + b"one")
    first = resolved(catalogue, plugin=GAIN, preset=str(preset))
    preset.write_bytes(head + b"two")
    assert resolved(catalogue, plugin=GAIN, preset=str(preset)) != first
    with pytest.raises(BadChain, match=r"gone\.vstpreset.*cannot be read"):
        resolved(catalogue, plugin=GAIN, preset=str(tmp_path / "gone.vstpreset"))
    for name in (3000 * "a", "a\0b"):
        with pytest.raises(BadChain, match=r"cannot be read \((File name too long|embedded null byte)\)"):
            resolved(catalogue, plugin=GAIN, preset=name)


@pytest.mark.skipif(os.name != "posix", reason="needs a named pipe")
def test_a_pipe_in_the_place_of_a_preset_keeps_nobody(catalogue: Catalogue, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.vstpreset")
    with pytest.raises(BadChain, match=r"a\.vstpreset.*not a file"):
        resolved(catalogue, plugin=GAIN, preset=str(tmp_path / "a.vstpreset"))


def test_a_preset_of_another_plugin_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    preset = tmp_path / "other.vstpreset"
    preset.write_bytes(b"VST3\1\0\0\0" + 32 * b"A" + b"what it keeps")
    with pytest.raises(BadChain, match=rf"a preset of another plug-in than {GAIN}"):
        resolved(catalogue, plugin=GAIN, preset=str(preset))
    preset.write_bytes(b"PK\3\4")
    with pytest.raises(BadChain, match=r"other\.vstpreset is no \.vstpreset file"):
        resolved(catalogue, plugin=GAIN, preset=str(preset))


def test_a_damaged_state_is_refused_with_what_is_wrong(
    catalogue: Catalogue, plugin: Plugin, tmp_path: Path
) -> None:
    """What pedalboard gives of the plug-in itself is well; it would take each of the others without a word."""
    whole = bytes(pedalboard.VST3Plugin(str(plugin("GAIN"))).raw_state)
    state = tmp_path / "a.state"

    def refusal(content: bytes) -> str:
        state.write_bytes(content)
        with pytest.raises(BadChain, match=r"a\.state is no raw state of a plug-in.*plugins save") as caught:
            resolved(catalogue, plugin=GAIN, state=str(state))
        return str(caught.value)

    state.write_bytes(whole)
    assert resolved(catalogue, plugin=GAIN, state=str(state))["state_hash"]
    assert f"cut off: 100 of {len(whole) - 1} bytes" in refusal(whole[:100])
    assert "cut off" in refusal(whole[:6]) and "not with VC2!" in refusal(whole[1:])
    assert "XML is damaged" in refusal(whole.replace(b"</IComponent>", b"</IComp\0nent>"))
    assert "XML is damaged" in refusal(b"VC2!" + bytes(200))
    other = b"<Other/>"
    assert "its XML is of Other" in refusal(b"VC2!" + len(other).to_bytes(4, "little") + other + b"\0")


def test_a_preset_with_a_point_in_its_name_is_found_by_it(catalogue: Catalogue, tmp_path: Path) -> None:
    (entry,) = catalogue.entries()
    kept = tmp_path / "kept.vstpreset"
    kept.write_bytes(b"VST3\1\0\0\0" + entry.plugins[0].class_id.encode())
    gain = msgspec.structs.replace(entry.plugins[0], presets=[PresetView(name="Lead 1.5", path=str(kept))])
    catalogue.put(msgspec.structs.replace(entry, plugins=[gain]))
    text = f'[[fx]]\nplugin = "{GAIN}"\npreset = "Lead 1.5"\n'
    assert resolve_plugins(parse_chain(tmp_path / "c.toml", text), catalogue)["fx"][0]["preset"] == str(kept)


def test_a_wrong_value_is_said_with_its_line(catalogue: Catalogue, tmp_path: Path) -> None:
    text = f'[[fx]]\nuse = "Gain"\ngain_db = 1\n[[fx]]\nplugin = "{GAIN}"\nparams = {{ gain_db = 99 }}\n'
    path = tmp_path / "c.toml"
    with pytest.raises(BadChain, match=r"c\.toml, line 6: gain_db must be a number from -24 to 24"):
        resolve_plugins(parse_chain(path, text), catalogue, str(path), text)


def test_a_relative_path_starts_in_the_chain_files_folder(
    catalogue: Catalogue, plugin: Plugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    kept = tmp_path / "kept.vstpreset"
    kept.write_bytes(b"VST3\1\0\0\0" + catalogue.entries()[0].plugins[0].class_id.encode())

    def found(written: str, preset: str) -> dict:
        text = f"[[fx]]\nplugin = '{written}'\npreset = '{preset}'\n"
        return resolve_plugins(parse_chain(tmp_path / "chains" / "c.toml", text), catalogue)["fx"][0]

    for written in ("../vst3/GAIN.vst3", "../vst3/GAIN.vst3#Gain", "~/vst3/GAIN.vst3", GAIN):
        for preset in ("../kept.vstpreset", "~/kept.vstpreset"):
            one = found(written, preset)
            assert (one["file"], one["preset"]) == (str(plugin("GAIN")), str(kept))
    with pytest.raises(NotInstalled, match=rf"{tmp_path}/chains/Gone\.vst3: there is no such plug-in"):
        found("Gone.vst3", "../kept.vstpreset")
    (tmp_path / "chains" / "New.vst3").mkdir(parents=True)
    with pytest.raises(NotInstalled, match=rf"not scanned yet: `roadie plugins scan {tmp_path}/chains/New"):
        found("New.vst3", "../kept.vstpreset")


def test_names_and_paths_as_people_write_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if compiler() is None:
        pytest.skip("needs a C++ compiler")
    made = Catalogue(tmp_path / "plugins")
    bundle = build("MULTI", tmp_path / "C# plüg-ins, mine")
    scanned(bundle, made)
    assert resolved(made, plugin=f"{bundle}#Multi 2")["name"] == "Multi 2"
    assert resolved(made, plugin=str(bundle))["name"] == "Multi 1"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolved(made, plugin="~/C# plüg-ins, mine/MULTI.vst3")["file"] == str(bundle)
    made.put(Entry(path="/x/Dead One.vst3", format="vst3", state="broken", reason="crashed (SIGSEGV)"))
    with pytest.raises(NotInstalled, match=r"cannot be used \(crashed \(SIGSEGV\)\).*plugins check"):
        resolved(made, plugin="Dead One")


def test_failures_in_a_row_quarantine_it_and_good_ones_between_do_not(
    catalogue: Catalogue, plugin: Plugin
) -> None:
    file = str(plugin("GAIN"))
    for _ in range(IN_A_ROW - 1):
        assert catalogue.note(PluginUse(file, "Gain", 0, 1, 1, "crashed")) is None
    assert catalogue.note(PluginUse(file, "Gain", 5, 0, 0)) is None
    assert "blocked" not in resolved(catalogue, plugin=GAIN)
    for _ in range(IN_A_ROW - 1):
        assert catalogue.note(PluginUse(file, "Gain", 0, 1, 1, "crashed")) is None
    quarantined = catalogue.note(PluginUse(file, "Gain", 0, 1, 1, "crashed again"))
    assert quarantined is not None and quarantined.state == "quarantined"
    assert "crashed again" in resolved(catalogue, plugin=GAIN)["blocked"]


def test_many_failures_in_all_do_too(catalogue: Catalogue, plugin: Plugin) -> None:
    use = PluginUse(str(plugin("GAIN")), "Gain", 50, 1, 0, "NaN")
    assert [catalogue.note(use) is not None for _ in range(IN_ALL)] == [False] * (IN_ALL - 1) + [True]


def test_what_is_kept_is_small_files_that_may_be_damaged(
    catalogue: Catalogue, plugin: Plugin, tmp_path: Path
) -> None:
    (entry,) = catalogue.entries()
    assert unchanged(entry) and entry == catalogue.get(plugin("GAIN"))
    (file,) = (tmp_path / "plugins").iterdir()
    assert json.loads(file.read_text())["path"] == entry.path
    file.write_text("{")
    assert catalogue.entries() == [] and catalogue.get(plugin("GAIN")) is None


def test_a_name_alone_will_do_where_no_other_has_it(plugin: Plugin, tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "plugins")
    scanned(plugin("MULTI"), catalogue)
    assert find("Multi 2", catalogue.entries())[1].id == f"vst3:{VENDOR}/Multi 2"
    with pytest.raises(NotInstalled, match="no such plug-in"):
        find("Multi", catalogue.entries())


def test_renders_that_end_at_once_are_all_counted(catalogue: Catalogue) -> None:
    (entry,) = catalogue.entries()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(catalogue.note, [PluginUse(entry.path, "Gain", 1, 0, 0, "")] * 200))
    assert catalogue.entries()[0].done == 200
