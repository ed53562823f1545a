from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.kernel.errors import BadParameter, Conflict, NotFound
from daemon.kernel.types import AssetId, Json
from daemon.library.arrivals import Arrivals
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.asset_writes import learn
from daemon.library.assets import Assets
from daemon.library.collections import Collections
from daemon.library.database import Database
from daemon.library.events import EventLog
from daemon.library.retelling import Retelling
from daemon.library.search import Query, Search
from daemon.library.text import index_text, sql


def new(folder: Path, name: str, asset: str, **meta: object) -> NewAsset:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(asset.encode())
    return NewAsset(AssetId(asset), "source", path, FileStat.of(path), meta=meta)  # type: ignore[arg-type]


async def names(db: Database, **query: object) -> list[str]:
    assets, _ = await Search(db).find(Query(**query))  # type: ignore[arg-type]
    return [asset.name for asset in assets]


async def test_the_same_payload_at_two_paths_is_one_asset(db: Database, tmp_path: Path) -> None:
    assets = Assets(db)
    assert await assets.record(new(tmp_path, "a.wav", "same"))
    assert not await assets.record(new(tmp_path, "b.wav", "same"))
    found = await assets.get("same")
    assert [Path(path).name for path in found.paths] == ["a.wav", "b.wav"]
    assert await Search(db).duplicates() == [("same", [str(tmp_path / "a.wav"), str(tmp_path / "b.wav")])]


async def test_other_content_at_a_known_path_leaves_the_first_asset_missing(
    db: Database, tmp_path: Path
) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "a.wav", "old"))
    await assets.record(new(tmp_path, "a.wav", "newer"))
    assert (await assets.get("old")).missing
    assert (await assets.get("newer")).paths == (str(tmp_path / "a.wav"),)


async def test_a_moved_file_keeps_its_tags(db: Database, tmp_path: Path) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "a.wav", "x"))
    await assets.change("x", name=None, rating=4, tags=["dusty"], label=None)
    (tmp_path / "a.wav").rename(tmp_path / "moved.wav")
    await assets.mark_missing([str(tmp_path / "a.wav")])
    assert (await assets.get("x")).missing
    await assets.record(new(tmp_path, "moved.wav", "x"))
    found = await assets.get("x")
    assert (found.paths, found.rating, [tag.label for tag in found.tags]) == (
        (str(tmp_path / "moved.wav"),),
        4,
        ["dusty"],
    )


async def test_an_unchanged_file_is_known_by_its_stat_alone(db: Database, tmp_path: Path) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "a.wav", "x"))
    path = tmp_path / "a.wav"
    known = await assets.known_at(path, FileStat.of(path))
    assert known is not None and known.id == "x"
    path.write_bytes(b"longer than before")
    assert await assets.known_at(path, FileStat.of(path)) is None


async def test_search_finds_prefixes_without_accents_in_names_tags_and_folders(
    db: Database, tmp_path: Path
) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "Crème Brûlée/Kick 01.wav", "k", **{"class": "kick", "bpm": 120.0}))
    await assets.record(new(tmp_path, "other/Snare.wav", "s", bpm=90.0))
    await assets.change("s", name=None, rating=None, tags=["crisp"], label=None)
    assert await names(db, text="kic") == ["Kick 01.wav"]
    assert await names(db, text="creme kick") == ["Kick 01.wav"]
    assert await names(db, text="cri") == ["Snare.wav"]
    assert await names(db, text="kick snare") == []
    assert await names(db, text='"; DROP TABLE asset; --') == []
    assert await names(db, tag="kick") == ["Kick 01.wav"]
    assert await names(db, label="kick", bpm_min=119, bpm_max=121) == ["Kick 01.wav"]
    assert await names(db, sort="bpm", descending=True) == ["Kick 01.wav", "Snare.wav"]


async def test_pages_follow_each_other_without_gap_or_overlap(db: Database, tmp_path: Path) -> None:
    assets = Assets(db)
    await assets.record_many([new(tmp_path, f"{i:02}.wav", f"a{i}") for i in range(25)])
    found = await Search(db).page(Query(sort="name", limit=10))
    seen = [asset.name for asset in found.assets]
    while found.more:
        found = await Search(db).page(Query(sort="name", limit=10, after=found.last))
        seen += [asset.name for asset in found.assets]
    assert seen == [f"{i:02}.wav" for i in range(25)]


async def test_what_a_person_says_of_a_class_outlives_the_model(db: Database, tmp_path: Path) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "a.wav", "x", **{"class": "snare", "confidence": 0.6}))
    await assets.change("x", name=None, rating=None, tags=None, label="clap")
    await db.write(lambda: learn("x", {"class": "snare", "confidence": 0.99, "bpm": 100.0}))
    found = await assets.get("x")
    assert (found.label, found.confidence, found.bpm) == ("clap", 1.0, 100.0)


async def test_an_asset_that_roadie_made_goes_with_its_last_file_and_a_source_stays(
    db: Database, tmp_path: Path
) -> None:
    assets = Assets(db)
    made = new(tmp_path, "stem.wav", "stem")
    await assets.record(NewAsset(made.id, "stem", made.path, made.stat, made=True))
    await assets.record(new(tmp_path, "song.wav", "song"))
    await assets.forget_path(tmp_path / "stem.wav")
    await assets.forget_path(tmp_path / "song.wav")
    with pytest.raises(NotFound):
        await assets.get("stem")
    assert (await assets.get("song")).missing
    assert await names(db, text="stem") == []


async def test_events_tell_of_assets_in_the_same_transaction(db: Database, tmp_path: Path) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "a.wav", "x"))
    await assets.remove("x")
    types = [event.body["type"] for event in await EventLog(db).since(0)]
    assert types == ["asset.added", "asset.removed"]


async def test_collections_keep_order_and_refuse_what_is_not_there(db: Database, tmp_path: Path) -> None:
    assets, collections = Assets(db), Collections(db)
    await assets.record_many([new(tmp_path, f"{name}.wav", name) for name in "abc"])
    mine = await collections.create("mine", ["c", "a"])
    assert mine.assets == ("c", "a")
    changed = await collections.change(mine.id, name="yours", add=["b", "c"], remove=["a"])
    assert (changed.name, set(changed.assets)) == ("yours", {"b", "c"})
    with pytest.raises(Conflict):
        await collections.create("yours", [])
    with pytest.raises(NotFound):
        await collections.create("broken", ["nothing"])
    assert [each.name for each in await collections.all()] == ["yours"]


async def test_a_file_that_came_back_is_read_again_so_that_it_is_no_longer_missing(
    db: Database, tmp_path: Path
) -> None:
    assets = Assets(db)
    known = new(tmp_path, "a.wav", "x")
    await assets.record(known)
    await assets.mark_missing([str(known.path)])
    assert await assets.known_at(known.path, known.stat) is None


async def test_a_class_that_was_taken_back_is_no_tag(db: Database, tmp_path: Path) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "x.wav", "x", **{"class": "kick", "confidence": 0.6}))
    for label, tags in (("snare", ["mine"]), ("rim", None), ("my zap", None)):
        found = await assets.change("x", name=None, rating=None, tags=tags, label=label)
        assert found.label == label
    assert {tag.label for tag in found.tags if tag.origin == "user"} == {"mine", "my zap"}


async def test_the_taggers_own_word_is_there_again_when_a_person_takes_theirs_back(
    db: Database, tmp_path: Path
) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "x.wav", "x", **{"class": "kick", "confidence": 0.6}))
    before = await assets.get("x")
    await assets.change("x", name=None, rating=None, tags=["mine"], label="snare")
    assert len(await assets.named_by_user()) == 1
    found = await assets.change("x", name=None, rating=None, tags=None, label=None, withdrawn=True)
    assert (found.label, found.confidence, found.kind) == ("kick", 0.6, before.kind)
    assert {(tag.label, tag.origin) for tag in found.tags} == {("kick", "model"), ("mine", "user")}
    assert await assets.named_by_user() == []
    assert (await names(db, label="kick"), await names(db, tag="snare")) == (["x.wav"], [])
    again = await assets.change("x", name=None, rating=None, tags=None, label=None, withdrawn=True)
    assert again == found
    await db.write(lambda: learn("x", {"class": "rim", "confidence": 0.9}))
    assert (await assets.get("x")).label == "rim"


async def test_what_the_tagger_said_while_a_person_knew_better_is_there_when_they_take_it_back(
    db: Database, tmp_path: Path
) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "x.wav", "x", **{"class": "kick", "confidence": 0.6}))
    await assets.change("x", name=None, rating=None, tags=None, label="snare")
    await db.write(lambda: learn("x", {"class": "tom", "confidence": 0.7}))
    found = await assets.change("x", name=None, rating=None, tags=None, label=None, withdrawn=True)
    assert (found.label, found.confidence) == ("tom", 0.7)


async def test_a_class_of_the_taggers_is_that_class_in_whatever_case(db: Database, tmp_path: Path) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "x.wav", "x"))
    for said, kept in (("Closed-Hat", "closed-hat"), ("Zap", "Zap")):
        assert (await assets.change("x", name=None, rating=None, tags=None, label=said)).label == kept


async def test_a_class_of_ones_own_is_one_class_in_whatever_case(db: Database, tmp_path: Path) -> None:
    """Also where the tagger, taught by an older roadie, says it otherwise; the first spelling is kept."""
    assets = Assets(db)
    for name in "abc":
        await assets.record(new(tmp_path, f"{name}.wav", name))
    for name, said, kept in (
        ("a", "zip", "zip"),
        ("a", "Straße", "Straße"),
        ("b", "STRASSE", "Straße"),
        ("c", "Zip", "Zip"),
    ):
        assert (await assets.change(name, name=None, rating=None, tags=None, label=said)).label == kept
    await assets.record(new(tmp_path, "d.wav", "d", **{"class": "ZIP", "confidence": 0.7}))
    await db.write(lambda: learn("d", {"class": "zIP", "confidence": 0.8}))
    told = await assets.get("d")
    assert (told.label, told.meta["class"], [tag.label for tag in told.tags]) == ("Zip", "Zip", ["Zip"])
    facets = await Search(db).facets(Query())
    assert facets["class"] == {"Straße": 2, "Zip": 2}
    # Where a sound is the only one of its class, a person may spell that anew.
    await assets.remove("d")
    assert (await assets.change("c", name=None, rating=None, tags=None, label="ZIP")).label == "ZIP"


async def test_what_is_told_anew_is_spelt_as_the_library_spells_it(db: Database, tmp_path: Path) -> None:
    """Its tag as well, and also where a person's word stands over it that is taken back later."""
    assets, retelling = Assets(db), Retelling(db)
    for name in "ab":
        await assets.record(new(tmp_path, f"{name}.wav", name))
    await assets.change("a", name=None, rating=None, tags=None, label="zip")
    await retelling.tell("mark", [("b", {"class": "Zip", "confidence": 0.8})])
    told = await assets.get("b")
    assert (told.label, told.meta["class"], [tag.label for tag in told.tags]) == ("zip", "zip", ["zip"])
    # Of the one that a person spelt, too: it has no other class beneath.
    await retelling.tell("mark", [("a", {"class": "Zip", "confidence": 0.8})])
    assert {tag.label for tag in (await assets.get("a")).tags} == {"zip"}


async def test_a_class_that_is_there_again_is_spelt_as_others_are_by_now(db: Database, tmp_path: Path) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "a.wav", "a", **{"class": "Zip", "confidence": 0.8}))
    await assets.change("a", name=None, rating=None, tags=None, label="boom")
    await assets.record(new(tmp_path, "b.wav", "b"))
    await assets.change("b", name=None, rating=None, tags=None, label="zip")
    found = await assets.change("a", name=None, rating=None, tags=None, label=None, withdrawn=True)
    assert (found.label, found.confidence) == ("zip", 0.8)


async def test_classes_that_an_older_roadie_took_for_several_are_one_after_a_start(tmp_path: Path) -> None:
    before = Database(tmp_path / "roadie.db")
    before.open()
    assets, search = Assets(before), Search(before)
    for name, label in (("a", "Zip"), ("b", "zip"), ("c", "Snare"), ("d", "snare")):
        await assets.record(new(tmp_path, f"{name}.wav", name))
        await assets.change(name, name=None, rating=None, tags=None, label="boom" if name < "c" else "bang")
        for table in ("asset SET class", "tag SET label"):
            column = "id" if table.startswith("asset") else "asset_id"
            await before.write(
                lambda t=table, c=column, n=name, to=label: sql(f"UPDATE {t} = ? WHERE {c} = ?", to, n)
            )
        await before.write(lambda n=name: index_text(n))
    assert set((await search.facets(Query()))["class"]) == {"Zip", "zip", "Snare", "snare"}
    before.close()
    after = Database(tmp_path / "roadie.db")
    after.open()
    try:
        search, assets = Search(after), Assets(after)
        assert (await search.facets(Query()))["class"] == {"Zip": 2, "snare": 2}
        assert sorted(await names(after, tag="Zip")) == ["a.wav", "b.wav"]
        assert sorted(str(each.label) for each in await assets.named_by_user()) == [
            "Zip",
            "Zip",
            "snare",
            "snare",
        ]
    finally:
        after.close()


@pytest.mark.parametrize(
    "label", ["unsure", " Unsure ", "two\nlines", "two\u2028lines", "be\x07ll", " ", "x" * 101]
)
async def test_what_can_be_no_class_is_refused(db: Database, tmp_path: Path, label: str) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "x.wav", "x", **{"class": "kick", "confidence": 0.6}))
    with pytest.raises(BadParameter):
        await assets.change("x", name=None, rating=None, tags=None, label=label)
    assert (await assets.get("x")).label == "kick"
    found = await assets.change("x", name=None, rating=None, tags=None, label=" 👩\u200d🎤 ")
    assert found.label == "👩\u200d🎤"


async def test_the_class_that_a_person_said_stays_a_tag_whatever_tags_are_set(
    db: Database, tmp_path: Path
) -> None:
    assets = Assets(db)
    await assets.record(new(tmp_path, "x.wav", "x", **{"class": "kick", "confidence": 0.6}))
    await assets.record(new(tmp_path, "y.wav", "y", **{"class": "kick", "confidence": 0.6}))
    await assets.change("x", name=None, rating=None, tags=["deep"], label="snare")
    await assets.change("x", name=None, rating=None, tags=["deeper"], label=None)
    assert {tag.label for tag in (await assets.get("x")).tags if tag.origin == "user"} == {"snare", "deeper"}
    assert await names(db, tag="snare") == ["x.wav"]
    found = await assets.change("y", name=None, rating=None, tags=["deep"], label=None)
    assert [tag.label for tag in found.tags if tag.origin == "user"] == ["deep"]  # what a model said is none


async def test_reading_a_file_that_roadie_made_does_not_make_it_the_users(db: Database, tmp_path: Path) -> None:
    assets = Assets(db)
    made = replace(new(tmp_path, "stem.wav", "stem"), made=True)
    await assets.record(made)
    await assets.record(replace(made, made=False))  # a scan, or a job whose input it is
    assert await assets.made_by_roadie("stem") == [made.path]
    await assets.record(new(tmp_path, "stem.wav", "edited by a person"))
    assert await assets.made_by_roadie("edited by a person") == []


async def test_what_a_person_said_of_a_source_outlives_a_copy_of_it_that_is_undone(
    db: Database, tmp_path: Path
) -> None:
    assets = Assets(db)
    source = new(tmp_path, "kick.wav", "kick")
    await assets.record(source)
    await assets.mark_missing([str(source.path)])
    await assets.record(replace(new(tmp_path, "copy.wav", "kick"), made=True))
    await assets.forget_path(tmp_path / "copy.wav")
    assert (await assets.get("kick")).missing


def test_a_stat_fits_into_64_bits_with_a_sign() -> None:
    told = [
        FileStat.told(os.stat_result((0, inode, 0, 0, 0, 0, 7, 0, 0, 0), {"st_mtime_ns": mtime}))
        for inode, mtime in ((5, -1), (2**63, 2**63 + 5), (2**64 - 1, 2**63 - 1))
    ]
    assert [(each.inode, each.mtime_ns) for each in told] == [(5, -1), (-(2**63), 5 - 2**63), (-1, 2**63 - 1)]


async def test_what_cannot_be_stored_of_one_file_costs_that_file_alone(db: Database, tmp_path: Path) -> None:
    files = [new(tmp_path, name, name) for name in ("a.wav", "b.wav", "c.wav")]
    files[1] = replace(files[1], stat=FileStat(2**63, 0, 0))
    assets, arrivals = Assets(db), Arrivals(db)
    for wrong in (await assets.record_many(files), await arrivals.record([(each, ()) for each in files])):
        assert list(wrong) == [tmp_path / "b.wav"]
        assert "b.wav" in wrong[tmp_path / "b.wav"].message
    assert sorted(await names(db)) == ["a.wav", "c.wav"]


async def test_what_a_file_says_of_itself_is_not_said_of_others_with_its_sound(
    db: Database, tmp_path: Path
) -> None:
    assets = Assets(db)
    facts: dict[str, Json] = {"payload": "x", "lufs": -14.0}
    placed = new(tmp_path, "placed.wav", "x", **facts, time_reference_frames=441_000)
    plain, tagged, made = (new(tmp_path, f"{name}.wav", "x", **facts) for name in ("plain", "tagged", "made"))
    for each in (placed, plain, replace(tagged, meta={}), replace(made, made=True)):
        await assets.record(each)
    assert await assets.read_at(placed.path, placed.stat) == ("x", {**facts, "time_reference_frames": 441_000})
    assert await assets.read_at(plain.path, plain.stat) == ("x", facts)
    for unread in (tagged, made):
        assert await assets.read_at(unread.path, unread.stat) is None
    assert (await assets.get("x")).meta == facts
    await Arrivals(db).follow(placed.path, tmp_path / "moved.wav", placed.stat, "j")
    moved = await assets.read_at(tmp_path / "moved.wav", placed.stat)
    assert moved is not None and moved[1]["time_reference_frames"] == 441_000
