"""Text with typos, facets, sorts and counts; expected values are written out by hand or computed from plain lists."""

from __future__ import annotations

import itertools
import random
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from daemon.kernel.errors import BadParameter
from daemon.kernel.types import AssetId
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.assets import Assets
from daemon.library.database import Database
from daemon.library.finding_tables import TermRow
from daemon.library.keys import compatible, spellings
from daemon.library.search import Query, Search
from daemon.library.spelling import begun, distance, meant
from daemon.library.tables import AssetText
from daemon.library.text import sql


def sound(name: str, asset: str, kind: str = "one-shot", folder: str = "/pack", **meta: object) -> NewAsset:
    known = {key.replace("label", "class"): value for key, value in meta.items()}
    return NewAsset(AssetId(asset), kind, Path(folder, name), FileStat(1, 1, 1), meta=known)  # type: ignore[arg-type]


SOUNDS = [
    sound("Kick 808.wav", "k1", label="kick", length_s=0.8, brightness_hz=200.0, root_note=33, folder="/pack/kicks"),
    sound("kick_01.wav", "k2", label="kick", length_s=0.3, brightness_hz=900.0, root_note=36, folder="/pack/kicks"),
    sound("Snare tight.wav", "s1", label="snare", length_s=0.2, brightness_hz=4000.0),
    sound("Réverb clap.wav", "c1", label="clap", length_s=0.4, folder="/pack two"),
    sound("Tambourine.wav", "t1", label="tambourine", length_s=0.5),
    sound("groove.wav", "l1", kind="loop", label="perc", bpm=120.0, key="Am", length_s=4.0),
    sound("groove b.wav", "l2", kind="loop", label="perc", bpm=124.0, key="C", length_s=3.9),
    sound("groove c.wav", "l3", kind="loop", label="perc", bpm=90.0, key="F#m", length_s=5.3),
]  # fmt: skip


@pytest.fixture
async def search(db: Database) -> Search:
    await Assets(db).record_many(SOUNDS)
    return Search(db)


async def ids(search: Search, **query: object) -> list[str]:
    return [asset.id for asset in (await search.find(Query(**query)))[0]]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kick", {"k1", "k2"}),
        ("k", {"k1", "k2"}),
        ("kick 808", {"k1"}),
        ("reverb", {"c1"}),
        ("kik", {"k1", "k2"}),  # a letter missing
        ("snrae", {"s1"}),  # two swapped
        ("grooove", {"l1", "l2", "l3"}),  # one too many
        ("tanbourin", {"t1"}),  # a wrong one, and the end not typed
        ("tamborine 808", set()),
        ("xylophone", set()),
        ("tight snare", {"s1"}),
    ],
)
async def test_words_prefixes_and_typos(search: Search, text: str, expected: set[str]) -> None:
    assert set(await ids(search, text=text)) == expected


async def test_a_sound_that_stands_in_several_folders_is_found_in_each(db: Database) -> None:
    search = Search(db)
    await Assets(db).record_many([sound("kick.wav", "a", folder="/z"), sound("snare.wav", "b", folder="/z")])
    assert await ids(search, folder="/kits") == []
    await Assets(db).record_many(
        [sound("kick.wav", "a", folder="/kits/808"), sound("Kick.wav", "a", folder="/z")]
    )
    assert await ids(search, folder="/kits") == ["a"]
    assert set(await ids(search, folder="/z")) == {"a", "b"}
    assert (await search.facets(Query()))["folder"] == {"/z": 2, "/kits/808": 1}


async def test_a_folder_that_holds_a_sound_many_times_is_indexed_once(db: Database) -> None:
    copies = [sound(f"boom {n}.wav", "b", folder="/pack/kicks") for n in range(50)]
    await Assets(db).record_many(copies)
    (folders,) = await db.read(lambda: [row.folders for row in AssetText.select(AssetText.folders)])
    assert sorted(folders.split()) == ["/", "kicks", "pack"]


async def test_a_whole_word_comes_before_a_beginning(db: Database) -> None:
    await Assets(db).record_many([sound("kick.wav", "a"), sound("kicker.wav", "b"), sound("kicks.wav", "c")])
    assert (await ids(Search(db), text="kick"))[0] == "a"


GLUED = [
    sound("sidestick01.ogg", "side"),
    sound("kick_hardcore01.ogg", "core"),
    *(sound(f"bassdrum0{n}.ogg", f"bass{n}") for n in (1, 2)),
    sound("bassdrum_acoustic01.ogg", "acoustic"),
    sound("SnareRimshot-Hard.wav", "rimshot"),
    sound("k4-CrashRide18Bell-3.mp3", "k4"),
    sound("HatSemiOpen-Soft.wav", "semi"),
    sound("TomFloor01.wav", "floor"),
    sound("ClosedHat2.wav", "closed2"),
    sound("blip.wav", "closed", label="closed-hat"),
    sound("clap.wav", "emulation", folder="/TR808EmulationKit"),
    sound("zap.wav", "dashed", folder="/tr-808"),
    sound("Kick 2.wav", "kick2"),
    sound("kick_deep.wav", "deep"),
    sound("u\u0308berKlang.wav", "klang"),
    sound("snare.wav", "pack", folder="/Pack2"),
    sound("lead.wav", "c120", kind="loop", key="C", bpm=120.0),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # parts of names and folders
        ("rimshot", {"rimshot"}),
        ("bell", {"k4"}),
        ("ride bell", {"k4"}),
        ("k4", {"k4"}),
        ("3", {"k4"}),  # and not all that are mp3
        ("emulation", {"emulation"}),
        ("808", {"emulation", "dashed"}),
        ("bassdrum 01", {"bass1", "acoustic"}),
        ("01", {"side", "core", "bass1", "acoustic", "floor"}),
        ("klang", {"klang"}),
        ("überklang", {"klang"}),
        ("SnareRimshot-Hard.wav", {"rimshot"}),
        ("TR808EmulationKit", {"emulation"}),
        ("bassdrum01", {"bass1"}),
        # written in one or in several
        ("semiopen", {"semi"}),
        ("hatsemi", {"semi"}),
        ("ride18b", {"k4"}),
        ("closedhat", {"closed2", "closed"}),
        ("closed hat", {"closed2", "closed"}),
        ("tr808", {"emulation", "dashed"}),
        ("tr-808", {"emulation", "dashed"}),
        ("hardkick", set()),  # not one after the other
        ("side stick", {"side"}),
        ("stick", set()),
        ("bass drum 02", {"bass2"}),
        ("kick hard core", {"core"}),
        ("b assdrum", {"bass1", "bass2", "acoustic"}),
        ("c1", set()),  # a key before a tempo is no note
        # typos
        ("sidestik", {"side"}),
        ("kick hrdcore", {"core"}),
        ("bassdrm", {"bass1", "bass2", "acoustic"}),
        ("rimhsot", {"rimshot"}),
        ("snarerimhsot", {"rimshot"}),
        ("tomflor", {"floor"}),
        ("emulaton", {"emulation"}),
        # numbers are none
        ("snare 2", set()),
        ("kick2", {"kick2"}),
        ("kick3", set()),
        ("bassdrm02", {"bass2"}),
        ("bassdrum2", {"bass2"}),
        ("bassdr2", {"bass2"}),
        ("a1" * 2000, set()),
    ],
)
async def test_words_that_are_written_as_one(db: Database, text: str, expected: set[str]) -> None:
    await Assets(db).record_many(GLUED)
    search = Search(db)
    found = await ids(search, text=text)
    assert set(found) == expected
    # Among few, each is looked at by itself.
    assert await ids(search, text=text, rating_min=0) == found


async def test_a_whole_word_comes_before_a_part_of_one(db: Database) -> None:
    names = ["CrashBell.wav", "bell01.wav", "Bell.wav", "closed hat.wav", "ClosedHat.wav", "closed-hat b.wav"]
    await Assets(db).record_many(sound(name, name) for name in names)
    search = Search(db)
    for text, first in (("bell", "Bell.wav"), ("closedhat", "ClosedHat.wav")):
        found = await ids(search, text=text)
        assert len(found) == 3 and found[0] == first


async def test_a_library_of_an_older_roadie_is_indexed_again(db: Database, tmp_path: Path) -> None:
    assets, search = Assets(db), Search(db)
    await assets.record_many(sound(f"SnareRimshot{n}.wav", f"r{n}") for n in range(5))

    def as_it_was() -> None:
        sql("UPDATE asset_text SET folders = 'pack'")
        sql("DELETE FROM word WHERE word = 'rimshot'")
        sql("DELETE FROM misspelling WHERE word = 'rimshot'")

    await db.write(as_it_was)
    changes = await search.written()
    assert await ids(search, text="rimshot") == [] and len(await ids(search, text="snare")) == 5
    assert await search.index_again(2) == 2
    assert await ids(search, text="rimshot") == ["r4", "r3"]
    await assets.record(sound("SnareRimshot9.wav", "new"))  # meanwhile
    assert len(await ids(search, text="snare")) == 6
    db.close()
    after = Database(tmp_path / "roadie.db")
    after.open()
    try:
        search = Search(after)
        assert [await search.index_again(2) for _ in range(4)] == [2, 1, 0, 0]
        assert await ids(search, text="rimshto") == ["new", "r4", "r3", "r2", "r1", "r0"]
        assert (await search.written())[1] == changes[1] + 1  # of the new one: their facets are as they were
    finally:
        after.close()


async def test_facets_narrow_and_combine(search: Search) -> None:
    assert set(await ids(search, label="kick")) == {"k1", "k2"}
    assert set(await ids(search, kind="loop", bpm_min=119, bpm_max=125)) == {"l1", "l2"}
    assert set(await ids(search, key="A minor")) == {"l1"}
    assert set(await ids(search, key="8A", compatible=True)) == {"l1", "l2"}
    assert set(await ids(search, folder="/pack")) == {each.id for each in SOUNDS} - {"c1"}
    assert set(await ids(search, text="groove", length_max=4.5)) == {"l1", "l2"}
    assert await ids(search, text="k", kind="loop") == []
    with pytest.raises(BadParameter):
        await ids(search, key="H", compatible=True)


async def test_a_sound_is_found_in_every_folder_that_holds_it(db: Database, tmp_path: Path) -> None:
    assets = Assets(db)
    await assets.record_many(
        [*SOUNDS, *(sound("copy.wav", "k1", folder=f"/{each}") for each in ("a", "z/deep"))]
    )
    first = Search(db, tmp_path / "finding")
    for folder in ("/a", "/pack/kicks", "/z", "/z/deep"):
        assert "k1" in await ids(first, folder=folder), folder
    assert await ids(first, folder="/z", label="snare") == []
    assert set(await ids(first, folder="/pack")) == {"k1", "k2", "s1", "t1", "l1", "l2", "l3"}
    await first.with_indexes(lambda columns, _: columns.save())
    await assets.mark_missing(["/a/copy.wav"])
    again = Search(db, tmp_path / "finding")
    assert await ids(again, folder="/a") == []
    assert await ids(again, folder="/z") == ["k1"]


async def test_what_can_find_nothing_is_said(search: Search) -> None:
    with pytest.raises(BadParameter, match="'H' is no key"):
        await ids(search, key="H")
    with pytest.raises(BadParameter, match="bpm is from 124 to 118"):
        await ids(search, bpm_min=124.0, bpm_max=118.0)
    assert await ids(search, key="Db") == []  # a key, which no sound has
    with pytest.raises(BadParameter, match="there is no class 'snrae'") as told:
        await ids(search, label="snrae")
    assert "snare, rim, clap" in str(told.value.hint)
    assert await ids(search, label="cowbell") == []  # a class, which no sound has
    with pytest.raises(BadParameter, match="there is no kind 'oneshot'"):
        await ids(search, kind="oneshot")


async def test_a_class_of_ones_own_is_one(search: Search, db: Database) -> None:
    await Assets(db).change("k1", name=None, rating=None, tags=None, label="zap")
    assert await ids(search, label="zap") == ["k1"]
    assert await ids(search, label="Zap") == await ids(search, text="zap", label="ZAP") == ["k1"]
    assert set(await ids(search, label="Snare", kind="One-Shot")) == set(await ids(search, label="snare"))
    with pytest.raises(BadParameter) as told:
        await ids(search, label="zip")
    assert str(told.value.hint).endswith("unsure, zap")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("🔥", {"e"}),
        ("🔥 kick", {"e"}),
        ("kick", {"e"}),
        ("🎹", set()),
        ("❤️", {"f"}),
        ("128 bpm", {"g", "h"}),
        ("128bpm", {"g", "h"}),
        ("loop 128", {"g", "h"}),
        ("bpm", {"g", "h"}),
        ("174", set()),
    ],
)
async def test_signs_and_tempos_are_words(db: Database, text: str, expected: set[str]) -> None:
    await Assets(db).record_many(
        [
            sound("🔥kick.wav", "e"),
            sound("snare.wav", "f", folder="/my ❤️ pack"),
            sound("Loop.wav", "g", kind="loop", bpm=127.98),
            sound("Loop_128bpm.wav", "h", kind="loop"),
        ]
    )
    assert set(await ids(Search(db), text=text)) == expected


async def test_what_stands_nowhere_is_found_only_when_asked_for(search: Search, db: Database) -> None:
    everything = {each.id for each in SOUNDS}
    assert (await search.facets(Query()))["missing"] == {"false": len(SOUNDS)}
    await Assets(db).mark_missing(["/pack/kicks/Kick 808.wav", "/pack/groove.wav"])
    for query in ({}, {"sort": "name"}, {"sort": "length"}):
        assert set(await ids(search, **query)) == everything - {"k1", "l1"}
        assert set(await ids(search, missing=True, **query)) == {"k1", "l1"}
    assert await ids(search, text="kick") == ["k2"] and await ids(search, text="kick", missing=True) == ["k1"]
    assert await ids(search, folder="/pack/kicks") == ["k2"]
    assert await ids(search, folder="/pack/kicks", missing=True) == ["k1"]
    assert (await search.facets(Query()))["folder"] == {"/pack": 4, "/pack/kicks": 1, "/pack two": 1}
    counts = await search.facets(Query(text="kick"))
    assert counts["missing"] == {"false": 1, "true": 1} and counts["class"] == {"kick": 1}
    await Assets(db).mark_there(["/pack/groove.wav"])
    assert set(await ids(search)) == everything - {"k1"}


async def test_sorts_put_what_has_no_value_last(search: Search) -> None:
    assert await ids(search, sort="length") == ["s1", "k2", "c1", "t1", "k1", "l2", "l1", "l3"]
    assert (await ids(search, sort="bpm", descending=True))[:3] == ["l2", "l1", "l3"]
    assert len(await ids(search, sort="bpm")) == len(SOUNDS)
    assert await ids(search, sort="name", label="kick") == ["k1", "k2"]
    assert await ids(search, sort="name", descending=True, text="k") == ["k2", "k1"]


async def test_names_that_begin_alike_are_in_order_page_by_page(db: Database) -> None:
    rng = random.Random(4)
    starts = (
        "",
        "a",
        "Kick",
        "The same long beginning ",
        "The same long beginning of a name ",
        "Ähnlich ",
        "鼓",
    )
    names = [f"{rng.choice(starts)}{rng.choice('aZé ')}{rng.randrange(60)}.wav" for _ in range(150)]
    await Assets(db).record_many(
        sound(name, f"n{i}", label="kick" if i % 3 else "tom", folder=f"/{i}") for i, name in enumerate(names)
    )
    search = Search(db)
    for label in ("kick", "tom"):
        expected = sorted(name for i, name in enumerate(names) if ("kick" if i % 3 else "tom") == label)
        for descending in (False, True):
            wanted = expected[::-1] if descending else expected
            asked = Query(label=label, sort="name", descending=descending, limit=9)
            for offset in range(0, len(wanted), 9):
                found = await search.page(asked)
                assert [asset.name for asset in found.assets] == wanted[offset : offset + 9]
                assert found.more == (offset + 9 < len(wanted))
                asked = replace(asked, after=found.last)


async def test_changes_and_removals_are_seen_at_once(search: Search, db: Database) -> None:
    assets = Assets(db)
    assert set(await ids(search, label="kick")) == {"k1", "k2"}
    await assets.change("k1", name=None, rating=5, tags=["my own"], label="bass")
    await assets.remove("k2")
    assert await ids(search, label="kick") == []
    assert await ids(search, rating_min=5) == ["k1"]
    assert await ids(search, tag="my own") == ["k1"]
    assert await ids(search, tag="own") == []
    assert await ids(search, text="kick") == ["k1"]


async def test_tags_and_classes_of_signs_alone_are_found(search: Search, db: Database) -> None:
    assets = Assets(db)
    await assets.change("k1", name=None, rating=None, tags=["🔥", "+"], label=None)
    await assets.change("s1", name=None, rating=None, tags=["🔥🔥"], label="🥁")
    assert await ids(search, tag="🔥") == await ids(search, tag="+") == ["k1"]
    assert await ids(search, tag="🔥🔥", kind="one-shot") == ["s1"]
    assert await ids(search, tag="🔥", kind="loop") == []
    assert (
        await ids(search, tag="🔥", text="kick") == ["k1"] and await ids(search, tag="🔥", text="snare") == []
    )
    assert await ids(search, text="tight", label="🥁") == await ids(search, tag="🥁", sort="name") == ["s1"]
    assert (await search.facets(Query(tag="🔥")))["all"] == {"assets": 1}
    assert await ids(search, tag="🎹") == []


async def test_counts_leave_a_facets_own_choice_open(search: Search, db: Database) -> None:
    counts = await search.facets(Query(label="kick"))
    assert counts["class"] == {"perc": 3, "kick": 2, "snare": 1, "clap": 1, "tambourine": 1}
    assert counts["kind"] == {"one-shot": 2}
    assert counts["all"] == {"assets": 2}
    await Assets(db).record_many(
        [sound("kick tom.wav", "x1", label="tom"), sound("kick beat.wav", "x2", kind="loop", label="kick")]
    )
    counts = await search.facets(Query(text="groove"))
    assert counts["bpm"] == {"90..100": 1, "120..130": 2}
    assert counts["key"] == {"Am": 1, "C": 1, "F#m": 1}
    counts = await search.facets(Query(text="kick", kind="one-shot", label="kick"))
    assert counts["kind"] == {"one-shot": 2, "loop": 1} and counts["class"] == {"kick": 2, "tom": 1}
    assert counts["all"] == {"assets": 2}


async def test_pages_join_without_gaps_whatever_the_query(db: Database) -> None:
    rng = random.Random(3)
    sounds = [
        sound(f"hit {number} {rng.choice(('kick', 'kickers', 'snare'))}.wav", f"a{number}",
              label=rng.choice(("kick", "snare")), length_s=float(rng.randrange(5)))
        for number in range(300)
    ]  # fmt: skip
    await Assets(db).record_many(sounds)
    search = Search(db)
    for query in (
        {"text": "kick"},
        {"sort": "length"},
        {"label": "kick", "sort": "rating"},
        {"text": "hit", "sort": "name"},
    ):
        seen = [each for page in await pages(search, Query(**query, limit=37)) for each in page]  # type: ignore[arg-type]
        wanted = {
            each.id for each in sounds
            if ("text" not in query or str(query["text"]) in each.path.name)
            and ("label" not in query or each.meta["class"] == query["label"])
        }  # fmt: skip
        if query.get("text") == "kick":  # the class is a word too
            wanted |= {each.id for each in sounds if each.meta["class"] == "kick"}
        assert len(seen) == len(set(seen))
        assert set(seen) == wanted


@pytest.mark.parametrize(
    "query", [{}, {"kind": "one-shot"}, {"sort": "added", "descending": True, "text": "hit"}]
)
@pytest.mark.parametrize("at_once", [False, True])
async def test_what_comes_in_between_moves_no_page_of_the_newest(
    db: Database, monkeypatch: pytest.MonkeyPatch, query: dict[str, object], at_once: bool
) -> None:
    clock = iter(float(1000 if at_once else 1000 + each) for each in range(100))
    monkeypatch.setattr("daemon.library.asset_writes.time.time", lambda: next(clock))
    assets, search = Assets(db), Search(db)
    await assets.record_many(sound(f"hit {each}.wav", f"a{each}") for each in range(25))
    first = await search.page(Query(**query, limit=10))  # type: ignore[arg-type]
    monkeypatch.setattr("daemon.library.asset_writes.time.time", lambda: 2000.0)
    await assets.record_many(sound(f"hit new {each}.wav", f"n{each}") for each in range(3))
    second = await search.page(Query(**query, after=first.last, limit=10))  # type: ignore[arg-type]
    third = await search.page(Query(**query, after=second.last, limit=10))  # type: ignore[arg-type]
    seen = [each.id for page in (first, second, third) for each in page.assets]
    assert seen == [f"a{each}" for each in (range(25) if at_once else reversed(range(25)))]
    assert (first.more, second.more, third.more, third.last) == (True, True, False, None)


ORDERS: list[dict[str, Any]] = [
    {**order, "descending": descending}
    for order in (
        {"sort": "name"}, {"sort": "name", "label": "kick"}, {"sort": "length"}, {"sort": "bpm"}, {"sort": "rating"},
        {"sort": "added"}, {"sort": "added", "kind": "one-shot"}, {"sort": "bpm", "text": "hit"}, {"text": "kick"},
        {"text": "kick", "kind": "one-shot"}, {"tag": "kick"}, {"tag": "♫"}, {},
    )
    for descending in (False, True)
]  # fmt: skip


@pytest.mark.parametrize("query", ORDERS, ids=str)
async def test_what_comes_and_goes_between_pages_neither_repeats_nor_hides_another(
    db: Database, query: dict[str, Any]
) -> None:
    rng = random.Random(8)
    assets, search = Assets(db), Search(db)

    async def come(begin: str, count: int) -> None:
        await assets.record_many(
            sound(
                f"{rng.choice(('hit', 'hit of a long and equal beginning'))} {rng.choice(('kick', 'kickers'))}.wav",
                f"{begin}{each}", label=rng.choice(("kick", "snare")), length_s=float(rng.randrange(4)),
                bpm=rng.choice((None, None, 90.5, 120.0)), folder=f"/{begin}{each}",
            )
            for each in range(count)
        )  # fmt: skip
        for each in range(count):
            tags = ["♫"] if rng.random() < 0.5 else []
            await assets.change(
                f"{begin}{each}", name=None, rating=rng.choice((None, 1, 5)), tags=tags, label=None
            )

    await come("a", 60)
    wanted = [each for page in await pages(search, Query(**query, limit=500)) for each in page]
    assert len(wanted) > 20
    asked, seen, gone = Query(**query, limit=7), [], set()
    for turn in itertools.count():
        found = await search.page(asked)
        seen += [asset.id for asset in found.assets]
        if not found.more:
            break
        asked = replace(asked, after=found.last)
        await come(f"new {turn} ", 4)
        left = [each for each in wanted if each not in gone]
        for each in {
            found.assets[-1].id,
            rng.choice(left),
        }:  # the last one too, behind which the next page begins
            await assets.remove(each)
            gone.add(each)
    assert len(seen) == len(set(seen))
    kept = [each for each in wanted if each not in gone or each in seen]
    assert [each for each in seen if each in wanted] == kept


async def pages(search: Search, asked: Query) -> list[list[str]]:
    found = await search.page(asked)
    all_pages = [[asset.id for asset in found.assets]]
    while found.more:
        found = await search.page(replace(asked, after=found.last))
        all_pages.append([asset.id for asset in found.assets])
    return all_pages


async def test_the_snapshot_is_used_caught_up_and_thrown_away_when_damaged(
    db: Database, tmp_path: Path
) -> None:
    assets = Assets(db)
    await assets.record_many(SOUNDS)
    first = Search(db, tmp_path / "finding")
    await ids(first)
    await first.with_indexes(lambda columns, _: columns.save())
    await assets.record(sound("late.wav", "late", label="kick"))
    again = Search(db, tmp_path / "finding")
    assert set(await ids(again, label="kick")) == {"k1", "k2", "late"}
    file = tmp_path / "finding" / "columns.bin"
    body = bytearray(file.read_bytes())
    body[-5] ^= 255
    file.write_bytes(body)
    damaged = Search(db, tmp_path / "finding")
    assert set(await ids(damaged, label="kick")) == {"k1", "k2", "late"}
    file.write_bytes(body[:100])
    assert set(await ids(Search(db, tmp_path / "finding"), label="kick")) == {"k1", "k2", "late"}


def test_keys_go_together_as_on_the_camelot_wheel() -> None:
    # the wheel as printed on it: number -> (minor, major)
    wheel = {1: ("G#m", "B"), 2: ("D#m", "F#"), 3: ("A#m", "C#"), 4: ("Fm", "G#"), 5: ("Cm", "D#"), 6: ("Gm", "A#"),
             7: ("Dm", "F"), 8: ("Am", "C"), 9: ("Em", "G"), 10: ("Bm", "D"), 11: ("F#m", "A"),
             12: ("C#m", "E")}  # fmt: skip
    for number, (minor, major) in wheel.items():
        before, after = wheel[(number - 2) % 12 + 1], wheel[number % 12 + 1]
        assert set(compatible(f"{number}A")) == {minor, major, before[0], after[0]}
        assert set(compatible(major)) == {major, minor, before[1], after[1]}
    for text in ("A Minor", "A-minor", "a MIN", "Am", "A_m", "8A"):
        assert spellings(text) == ["Am"], text
    for text in ("F# Major", "F#M", "f# MAJ", "F#-maj"):
        assert spellings(text)[0] == "F#", text
    assert spellings("Db minor") == ["C#m", "Dbm"]
    assert spellings("noise") == ["noise"]


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ("snare", "snare", 0),
        ("snrae", "snare", 1),
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
        ("ca", "abc", 3),
    ],
)
def test_distances_are_those_of_the_literature(a: str, b: str, apart: int) -> None:
    assert distance(a, b, 5) == apart
    assert distance(a, b, 1) == min(apart, 2)


async def test_a_typo_in_every_place_of_a_word_is_mended(search: Search, db: Database) -> None:
    word = "tambourine"
    broken = [word[:i] + word[i + 1 :] for i in range(1, len(word))]
    broken += [word[:i] + "x" + word[i + 1 :] for i in range(1, len(word))]
    broken += [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(1, len(word) - 1)]
    for each in broken:
        assert word in await db.read(lambda each=each: meant(each))  # type: ignore[misc]


ODD = [
    "vinyl.wav", "vinyls b.wav", "vinyl01.wav", "vinyl02x.wav", "VinylClap.wav", "vinyl²deep.wav", "vinýl c.wav",
    "vinylﬁ.wav", "deep" + "e" * 30 + ".wav", "deep.wav", "deeper1.wav", *(f"kick{n}.wav" for n in range(20)),
    "kick dusty.wav", "kicks dusty9.wav", "straße.wav", "strasse.wav",
]  # fmt: skip


async def test_words_looked_for_one_by_one_find_what_beginnings_find(db: Database) -> None:
    await Assets(db).record_many([sound(name, str(i)) for i, name in enumerate(ODD)])
    search = Search(db)
    texts = [
        "viny",
        "vinyl",
        "vinylc",
        "vinyl0",
        "deep",
        "deepe",
        "kick",
        "kicks",
        "dust",
        "vinyl b",
        "dusty kick",
    ]
    texts += ["stra", "strasse", "straß"]
    first = [await ids(search, text=text, limit=200) for text in texts]
    assert sorted(await db.read(lambda: begun("deep")) or []) == [
        "deep",
        "deep" + "e" * 30,
        "deeper",
        "deeper1",
    ]
    assert await db.read(lambda: begun("kick")) is None  # too many
    assert {"vinyl2deep", "vinylfi"} <= set(await db.read(lambda: begun("viny")) or [])
    # A library that an older roadie began does not know all of its words.
    await db.write(lambda: TermRow.delete().execute())
    assert await db.read(lambda: begun("deep")) is None
    assert [await ids(search, text=text, limit=200) for text in texts] == first
    assert all(first)


async def test_a_library_of_an_older_roadie_gets_no_vocabulary_that_counts_as_whole(tmp_path: Path) -> None:
    before = Database(tmp_path / "roadie.db")
    before.open()
    await Assets(before).record(sound("deep.wav", "a"))
    await before.write(lambda: TermRow._meta.database.execute_sql("DROP TABLE term"))  # type: ignore[attr-defined]
    before.close()
    after = Database(tmp_path / "roadie.db")
    after.open()
    try:
        assert await after.read(lambda: begun("deep")) is None
        assert await ids(Search(after), text="dee") == ["a"]
    finally:
        after.close()


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("ドラム バス 01.wav", ("ドラム", "バス", "バス 01")),
        ("ギター01.wav", ("ギター", "ギター01")),
        ("한국어 킥.wav", ("한국어", "킥")),
        ("гитарный Хай.wav", ("гитарный", "хай", "ХАЙ")),
        ("हिन्दी.wav", ("हिन्दी",)),
        ("Größe Straße Œuvre Łódź.wav", ("grösse", "grosse", "Straße", "strasse", "oeuvre", "œuvre", "lodz")),
        ("Ｋｉｃｋ.wav", ("kick", "Ｋｉｃｋ")),
        ("İstanbul Ñandú.wav", ("istanbul", "nandu", "ñandú")),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
async def test_names_of_all_alphabets_are_found_as_they_are_typed(
    db: Database, name: str, texts: tuple[str, ...], form: Literal["NFC", "NFD"]
) -> None:
    await Assets(db).record_many([sound(unicodedata.normalize(form, name), "x")])
    for text in texts:
        for typed in (text, unicodedata.normalize("NFD", text)):
            assert list(await ids(Search(db), text=typed)) == ["x"], typed
    assert list(await ids(Search(db), text="ハス")) == []
