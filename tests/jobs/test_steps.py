"""The runs of one step of a recipe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from daemon.chains.plugins.catalogue import Catalogue
from daemon.jobs.held import Held, Ledger
from daemon.jobs.prepare import Prepared
from daemon.jobs.recipe import StepEntry
from daemon.jobs.runs import Finished, RunPool
from daemon.jobs.steps import StepRunner
from daemon.kernel.types import AssetId
from daemon.kernel.work import Kind, PluginUse, StepCall, StepResult
from daemon.library.asset_records import FileStat
from daemon.models.store import ModelStore
from daemon.services.plugins import note_plugins
from daemon.steps.render import BATCH_FILES
from daemon.steps.spec import Shelves
from tests.fakes.executor import ManualExecutor
from tests.plugins.build import VENDOR
from tests.plugins.rig import scanned

BATCHES = 6


class FailingPool:
    """Every run that tries the plug-in fails three times; `tried` says of each run whether it was tried."""

    def __init__(self, bundle: Path) -> None:
        self.bundle = bundle
        self.tried: list[bool] = []
        self.keys: list[str] = []

    async def get(self, key: str, call: StepCall, *_: object) -> Finished:
        chain = cast("dict[str, Any]", call.params["chain"])
        tries = "blocked" not in chain["fx"][0]
        self.tried.append(tries)
        self.keys.append(key)
        await asyncio.sleep(0)
        failed = (PluginUse(str(self.bundle), "Exits", 0, 3, 3, "crashed"),) if tries else ()
        return Finished(key, Path(), StepResult(plugins=failed, provisional=True), 1)


def test_a_plugin_that_goes_into_quarantine_meanwhile_is_not_tried_by_every_batch_of_a_step(
    plugin: Callable[[str], Path], tmp_path: Path
) -> None:
    bundle = plugin("EXITS")
    catalogue = Catalogue(tmp_path / "plugins")
    scanned(bundle, catalogue)
    pool = FailingPool(bundle)
    runner = StepRunner(
        cast("RunPool", pool), ManualExecutor(lambda _: None), cast("ModelStore", None),
        Shelves(tmp_path / "chains", tmp_path / "plugins"), lambda uses: note_plugins(catalogue, uses),
    )  # fmt: skip
    ledger = Ledger()
    source = Held("source", "source", Kind.SOURCE, "song.wav", tmp_path / "song.wav", AssetId("s"), None, {})
    files = [
        Held(f"{i}", "hits", Kind.ONE_SHOT, f"{i}.wav", tmp_path / f"{i}.wav", AssetId(f"a{i}"), "source", {})
        for i in range(BATCHES * BATCH_FILES)
    ]
    ledger.add([source, *files])
    entry = StepEntry(
        "shaped", "render", ("hits",), (), {"chain": {"fx": [{"plugin": f"vst3:{VENDOR}/Exits"}]}}
    )
    work = runner.plan(entry, files, ledger, {})
    prepared = Prepared(AssetId("s"), tmp_path / "song.wav", cast("FileStat", None), {})
    outcome = asyncio.run(runner.run(entry, work, ledger, prepared, "row", lambda *_: None))
    assert len(pool.tried) == BATCHES and sum(pool.tried) <= 2
    assert sorted(pool.keys) == sorted(key for key, _, _ in work.batches) == sorted(outcome.runs)
