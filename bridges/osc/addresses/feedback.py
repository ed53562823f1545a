"""What roadie sends: to subscribers, to whoever began a job, and as answers."""

from __future__ import annotations

from bridges.osc.table import ROOT, Address, Arg

_REF, _JOB, _COUNT = Arg("s", "ref"), Arg("s", "job"), Arg("i", "count", 0, None)
_STATES = ("", "preparing", "queued", "running", "done", "failed", "cancelled")
_SHARE = (0.0, 1.0)

ADDRESSES = (
    Address(f"{ROOT}/pong", "Answer to ping", (_REF, Arg("s", "version"))),
    Address(f"{ROOT}/queued", "A job was taken, or is known already", (_REF, _JOB)),
    Address(
        f"{ROOT}/job/state",
        "How a job stands, at most 20 times a second, and always its end; `undone` when it was taken back",
        (_REF, _JOB, Arg("s", "recipe"), Arg("s", "state"), Arg("f", "progress", *_SHARE)),
    ),
    Address(
        f"{ROOT}/job/artifact",
        "A job made a file: each that it delivered, at the place where it stands; of a recipe that delivers nothing, "
        "each that its steps made",
        (_REF, _JOB, Arg("s", "kind"), Arg("s", "name"), Arg("s", "path")),
    ),
    Address(f"{ROOT}/jobs/done", "The end of an answer to jobs", (_REF, _COUNT)),
    Address(
        f"{ROOT}/hit",
        "A sound that was found; bpm and confidence 0 where they are not known",
        (_REF, Arg("i", "index", 0, None), Arg("s", "path"), Arg("s", "class"), Arg("s", "key"),
         Arg("f", "bpm", 0, None), Arg("f", "confidence", *_SHARE)),
    ),
    Address(f"{ROOT}/search/done", "The end of an answer to search", (_REF, _COUNT)),
    Address(
        f"{ROOT}/hit/{{hit}}/name", "To subscribers: what hit 1 to 8 of the page is called, \"\" for none",
        (Arg("s", "name"),),
    ),
    Address(
        f"{ROOT}/rule/asked", "A rule was asked about a file", (_REF, Arg("s", "rule"), Arg("s", "asset"))
    ),
    Address(f"{ROOT}/asset/added", "To subscribers: the library has a new asset", (Arg("s", "asset"),)),
    Address(f"{ROOT}/selection", "To subscribers: what is selected, \"\" for nothing", (Arg("s", "path or asset"),)),
    Address(
        f"{ROOT}/pad/name",
        "A key of the kit and what is on it, without what all names begin with; to subscribers too, whoever loads a "
        "kit, with \"\" for a key that has nothing any more",
        (_REF, Arg("i", "note", 0, 127), Arg("s", "name"))
    ),
    Address(f"{ROOT}/kit/done", "The end of a kit's keys, and how many sound", (_REF, _COUNT)),
    Address(
        f"{ROOT}/slot/{{slot}}/name", "To subscribers: recipe and file of the job in this slot", (Arg("s", "name"),)
    ),
    Address(f"{ROOT}/slot/{{slot}}/state", "To subscribers: its state", (Arg("s", "state", values=_STATES),)),
    Address(
        f"{ROOT}/slot/{{slot}}/progress", "To subscribers: how much of it is done", (Arg("f", "progress", *_SHARE),)
    ),
    Address(
        f"{ROOT}/error",
        "What was wrong with a message; for a job that failed, why, with `/roadie/job/state` as the address. At "
        "most ten a second to one client; the next one says how many were left out",
        (_REF, Arg("s", "code"), Arg("s", "message"), Arg("s", "address")),
    ),
    Address(
        f"{ROOT}/error/text", "The same to subscribers, as one line for a surface to show", (Arg("s", "message"),)
    ),
)  # fmt: skip
