"""The work behind `roadie demo --watch`: the demo's song dropped into an inbox, and a rule that does the rest."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from daemon.cli import failures, models_api, rules_api
from daemon.cli.client import Client
from daemon.cli.demo_report import Report, as_wire, tell
from daemon.cli.demo_run import demo_home, demo_song, fresh_folder, report_of
from daemon.cli.output import print_json, say
from daemon.cli.request import absolute
from daemon.cli.rules_told import tell_dry_run, tell_runs
from daemon.cli.session import Session, session
from daemon.cli.wait import wait
from daemon.config import store_setting
from daemon.demo.song import DemoSong
from daemon.kernel.errors import RoadieError
from daemon.services.types_rules import DryRunView, RuleRunView

RULE = "inbox-to-kit"
SHIPPED_INBOX = "~/Music/Inbox"
COPY_STEPS = 8
COPY_PAUSE_S = 0.25
NOTICED_S = 60.0
LOOK_EVERY_S = 0.3


class NotNoticed(RoadieError):
    code = "not_noticed"


def run_watch_demo(out: Path, as_json: bool) -> int:
    """Returns the exit code, as the plain demo does."""
    folder = fresh_folder(absolute(out))
    inbox = folder / "Inbox"
    inbox.mkdir()
    say(f"Making a song in {folder} ...")
    song = demo_song(folder / "song")
    with demo_home(os.environ) as environ:
        report, run = _work(song, folder, inbox, environ, as_json)
    if as_json:
        print_json({"run": run, **as_wire(report)})
    else:
        tell(report)
    return 0 if report.well and run.state == "done" else failures.FAILED


def _work(
    song: DemoSong, folder: Path, inbox: Path, environ: Mapping[str, str], as_json: bool
) -> tuple[Report, RuleRunView]:
    config = Path(environ["ROADIE_HOME"]) / "config.toml"
    store_setting(config, "watch.inbox", [str(inbox)])
    store_setting(config, "folders.delivery", str(folder))
    with session(environ) as open_session:
        client = open_session.client
        _switch_on(client, inbox)
        say(f"The rule {RULE} is on, for {inbox}. What it would do with the song, before anything is done:")
        tried = _try(client, inbox, song.mix)
        if not as_json:
            tell_dry_run(tried)
        say(f"\nDropping the song into {inbox}, slowly, as a copy from a stick would be ...")
        dropped = _drop(song.mix, inbox)
        run = _until_noticed(client, dropped)
        say(f"Noticed once it had stood still; the rule asked for the job {run.jobs[0]}. Walking away ...")
        job = wait(open_session, run.jobs[0], quiet=as_json, home_stays=False)
        run = _until_ended(open_session, run.id)
        if not as_json:
            tell_runs([run])
        return report_of(folder, song, job, models_api.listed(client)), run


def _switch_on(client: Client, inbox: Path) -> None:
    text = (rules_api.get(client, RULE).text or "").replace(SHIPPED_INBOX, inbox.as_posix())
    rules_api.put(client, RULE, text)
    rules_api.switch(client, RULE, True)


def _try(client: Client, inbox: Path, song: Path) -> DryRunView:
    """A dry run of the rule on the folder where the song is now, as if that were the inbox."""
    text = (rules_api.get(client, RULE).text or "").replace(f"{inbox.as_posix()}/**", song.as_posix())
    return rules_api.dry_run_text(client, text, song.parent, 100)


def _drop(song: Path, inbox: Path) -> Path:
    """A copy in several parts, with pauses."""
    target = inbox / song.name
    size = max(1, song.stat().st_size // COPY_STEPS + 1)
    with song.open("rb") as source, target.open("wb") as file:
        while block := source.read(size):
            file.write(block)
            file.flush()
            time.sleep(COPY_PAUSE_S)
    shutil.copystat(song, target)
    return target


def _until_noticed(client: Client, dropped: Path) -> RuleRunView:
    """Raises NotNoticed when the rule does not answer in a long time, or stopped."""
    deadline = time.monotonic() + NOTICED_S
    while time.monotonic() < deadline:
        for run in rules_api.runs(client, RULE, 10):
            if run.state in ("failed", "stopped"):
                raise NotNoticed("the rule could not do its work", where=dropped, why=run.error)
            if run.jobs:
                return run
        time.sleep(LOOK_EVERY_S)
    raise NotNoticed(
        f"the rule {RULE} has not answered within {NOTICED_S:.0f} s", where=dropped,
        hint="`roadie doctor` looks for what is wrong",
    )  # fmt: skip


def _until_ended(open_session: Session, run_id: str) -> RuleRunView:
    """The run ends right after its job."""
    while True:
        run = rules_api.run(open_session.client, run_id)
        if run.state not in ("pending", "running"):
            return run
        time.sleep(LOOK_EVERY_S)
