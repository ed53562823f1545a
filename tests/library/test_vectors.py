"""The vector index against numpy's exact answer, through the real step, with damage, replacement and removal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daemon.executors.local.executor import LocalExecutor
from daemon.executors.local.settings import ExecutorSettings
from daemon.jobs.cache import Cache
from daemon.jobs.calls import Calls
from daemon.kernel.errors import BadParameter, NotFound
from daemon.kernel.types import AssetId
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.assets import Assets
from daemon.library.database import Database
from daemon.library.embeddings import Embeddings
from daemon.library.finding_tables import EmbeddingRow
from daemon.library.query import Like
from daemon.library.search import Query, Search
from daemon.library.state import State
from daemon.library.tables import StateRow
from daemon.services.indexes import LIBRARY_ID, IndexKeeper

MODEL = "test 1"
ROWS = 900


def cloud(rows: int, seed: int) -> np.ndarray:
    """Points near a surface of 12 dimensions in 128, as embeddings are."""
    rng = np.random.default_rng(seed)
    flat = rng.normal(size=(rows, 12)) @ np.random.default_rng(1).normal(size=(12, 128))
    points = np.tanh(flat) + 0.05 * rng.normal(size=(rows, 128))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


class Library:
    """A library of sounds whose embeddings are known."""

    def __init__(self, db: Database, home: Path) -> None:
        self.home, self.db = home, db
        self.search = Search(db, home / "finding")
        self.embeddings = Embeddings(db)
        self.points: dict[str, np.ndarray] = {}

    async def add(self, points: np.ndarray, label: str = "kick") -> None:
        start = len(self.points)
        named = [(f"a{start + i}", point) for i, point in enumerate(points)]
        await Assets(self.db).record_many(
            NewAsset(AssetId(id), "one-shot", self.home / f"{id}.wav", FileStat(1, 1, 1),
                     meta={"class": label, "brightness_hz": 100.0 + int(id[1:]), "length_s": 1.0})
            for id, _ in named
        )  # fmt: skip
        await self.put(named)

    async def put(self, named: list[tuple[str, np.ndarray]]) -> None:
        await self.embeddings.put_many(MODEL, [(id, point.tolist()) for id, point in named])
        self.points.update(named)

    def exact(self, wanted: np.ndarray, count: int) -> list[str]:
        ids = list(self.points)
        scores = np.array([self.points[id] for id in ids]) @ wanted
        return [ids[i] for i in np.argsort(-scores)[:count]]

    async def like(self, wanted: np.ndarray, count: int = 10, **query: object) -> list[str]:
        asked = Query(like=Like(vector=tuple(wanted.tolist())), limit=count, **query)  # type: ignore[arg-type]
        return [asset.id for asset in (await self.search.find(asked))[0]]

    async def recall(self, queries: np.ndarray) -> float:
        hits = [len(set(self.exact(query, 10)) & set(await self.like(query))) for query in queries]
        return sum(hits) / (10 * len(queries))

    async def make_graph(self, least: int = 1) -> bool:
        executor = LocalExecutor(ExecutorSettings(cpu_workers=1))
        await executor.start()
        state, cache = State(self.db), Cache(self.home / "cache", self.home / "work")
        await state.put(LIBRARY_ID, "this one")
        try:
            keeper = IndexKeeper(self.search, state, Calls(executor, cache, 1), self.home / "finding")
            return await keeper.tend(least)
        finally:
            await executor.stop()

    async def graph_size(self) -> int:
        def look(_: object, vectors: object) -> int:
            base = vectors.base  # type: ignore[attr-defined]
            return 0 if base is None or base.graph is None else int(base.graph.size)

        return await self.search.with_indexes(look)


@pytest.fixture
async def library(db: Database, tmp_path: Path) -> Library:
    made = Library(db, tmp_path)
    await made.add(cloud(ROWS, 2))
    return made


async def test_without_a_graph_the_answer_is_exact(library: Library) -> None:
    assert await library.recall(cloud(20, 3)) >= 0.99  # float16 may swap two that are equally near


async def test_the_graph_finds_what_exact_search_finds_and_newer_ones_beside_it(library: Library) -> None:
    assert await library.make_graph()
    assert await library.graph_size() == ROWS
    assert not await library.make_graph(least=1000)  # nothing new
    await library.add(cloud(400, 4), label="snare")
    queries = cloud(30, 5)
    assert await library.recall(queries) >= 0.98
    assert await library.make_graph()  # added to
    assert await library.graph_size() == ROWS + 400
    assert await library.recall(queries) >= 0.98
    folders = [each.name for each in (library.home / "finding" / "vectors").iterdir()]
    assert folders == ["generation-2"]


async def test_removed_and_replaced_ones_are_found_as_they_are_now(library: Library) -> None:
    await library.make_graph()
    wanted = cloud(1, 6)[0]
    first, second, third = library.exact(wanted, 3)
    assert (await library.like(wanted))[0] == first
    await Assets(library.db).remove(first)
    del library.points[first]
    await library.put([(second, -wanted)])  # as far away as can be
    assert (await library.like(wanted))[:1] == [third]
    assert second not in await library.like(wanted, 50)
    assert (await library.like(-wanted, 1)) == [second]
    await library.make_graph()
    assert (await library.like(-wanted, 1)) == [second]
    assert (await library.like(wanted))[0] == third


async def test_facets_and_differences_narrow_it_down(library: Library) -> None:
    await library.add(cloud(200, 7), label="snare")
    await library.make_graph()
    wanted = library.points["a500"]
    assert set(await library.like(wanted, 10, label="snare")) <= {f"a{n}" for n in range(ROWS, ROWS + 200)}
    page = await library.search.page(Query(like=Like("a500"), but=("brighter",), limit=20))
    assert page.assets
    assert all(int(asset.id[1:]) + 100 >= 600 * 1.06 for asset in page.assets)
    darker = await library.search.page(Query(like=Like("a500"), but=("darker",), limit=20))
    assert all(int(asset.id[1:]) + 100 <= 600 / 1.06 for asset in darker.assets)
    assert list(page.likeness) == sorted(page.likeness, reverse=True)
    assert "a500" not in [asset.id for asset in page.assets]
    with pytest.raises(BadParameter, match="brighter, darker"):
        await library.search.page(Query(like=Like("a500"), but=("bluer",)))
    with pytest.raises(BadParameter, match="loudness"):
        await library.search.page(Query(like=Like("a500"), but=("louder",)))


@pytest.mark.parametrize(
    ("file", "damage"),
    [("graph.usearch", "missing"), ("graph.usearch", "truncated"), ("graph.usearch", "changed"),
     ("vectors.f16", "changed"), ("head.json", "truncated")],
)  # fmt: skip
async def test_a_damaged_file_is_noticed_and_the_answer_stays_right(
    library: Library, file: str, damage: str
) -> None:
    await library.make_graph()
    path = library.home / "finding" / "vectors" / "generation-1" / file
    body = bytearray(path.read_bytes())
    path.unlink()  # the file itself is mapped: another takes its place, as after a power loss
    if damage != "missing":
        body[len(body) // 2] ^= 0xFF
        path.write_bytes(body if damage == "changed" else body[: len(body) // 3])
    library.search = Search(library.db, library.home / "finding")
    assert await library.graph_size() == 0
    assert await library.recall(cloud(10, 8)) >= 0.98
    assert await library.make_graph()
    assert await library.graph_size() == ROWS
    assert await library.recall(cloud(10, 8)) >= 0.98


async def test_another_librarys_index_is_not_taken_for_this_ones(library: Library) -> None:
    await library.make_graph()
    await State(library.db).put(LIBRARY_ID, "another")
    library.search = Search(library.db, library.home / "finding")
    assert await library.graph_size() == 0


async def test_only_vectors_of_one_model_are_compared(library: Library) -> None:
    await library.make_graph()
    await library.embeddings.put("a3", "test 2", cloud(1, 9)[0].tolist())
    assert await library.like(cloud(1, 9)[0]) == ["a3"]


async def test_what_an_older_roadie_filed_under_what_it_was_taught_is_found(tmp_path: Path) -> None:
    """Rows of one network under four marks, and an index that has passed some of them."""
    before = Database(tmp_path / "roadie.db")
    before.open()
    library, points = Library(before, tmp_path), cloud(6, 11)
    await library.add(points)
    await before.write(lambda: EmbeddingRow.delete().execute())
    for place, model in enumerate(
        (
            "taught 111111111111",
            "builtin",
            "taught 111111111111",
            "taught 222222222222",
            "builtin",
            "taught 222222222222",
        )
    ):
        await library.embeddings.put(f"a{place}", f"classifier 1.4 {model}", points[place].tolist())
    await library.embeddings.put("a1", "classifier 1.4 taught 222222222222", points[1].tolist())
    await before.write(lambda: StateRow.delete().where(StateRow.name == "embeddings.by-network").execute())
    before.close()
    after = Database(tmp_path / "roadie.db")
    after.open()
    try:
        library.search = Search(after, tmp_path / "finding")
        assert set(await library.like(points[0], 10)) == {f"a{place}" for place in range(6)}
        assert await after.read(lambda: EmbeddingRow.select().count()) == 6
        seqs = await after.read(lambda: {row.asset_id: row.seq for row in EmbeddingRow.select()})
        assert min(seqs[each] for each in ("a0", "a2", "a3", "a5")) > 13
    finally:
        after.close()


async def test_the_same_embedding_again_is_no_news(library: Library) -> None:
    seen = await library.search.written()
    await library.put([("a3", library.points["a3"])])
    assert await library.search.written() == seen
    await library.embeddings.put("a4", "test 2", cloud(1, 9)[0].tolist())
    await library.put([("a3", library.points["a3"])])  # that model is the one in use again
    assert len(await library.like(library.points["a3"], 20)) == 20


async def test_pages_by_sound_join(library: Library) -> None:
    wanted = cloud(1, 10)[0]
    whole = await library.like(wanted, 30)
    parts = [await library.like(wanted, 10, after=(None, start)) for start in (0, 10, 20)]
    assert [each for part in parts for each in part] == whole


async def test_what_was_never_heard_is_said_so(library: Library) -> None:
    with pytest.raises(NotFound, match="no such asset"):
        await library.search.page(Query(like=Like("nothing")))
    await Assets(library.db).record(NewAsset(AssetId("mute"), "midi", Path("/m.mid"), FileStat(1, 1, 1)))
    with pytest.raises(NotFound, match="not heard"):
        await library.search.page(Query(like=Like("mute")))


@pytest.mark.parametrize("vector", [[0.0] * 128, [1.0] * 127, [float("nan")] * 128])
async def test_what_is_no_embedding_is_refused(library: Library, vector: list[float]) -> None:
    with pytest.raises(BadParameter):
        await library.embeddings.put("a1", MODEL, vector)


async def test_a_vector_comes_back_with_length_one(library: Library) -> None:
    await library.embeddings.put("a1", MODEL, [3.0, 4.0, *[0.0] * 126])
    found = await library.embeddings.get("a1")
    assert found is not None
    assert found[1][:3] == pytest.approx((0.6, 0.8, 0.0), abs=1e-3)
