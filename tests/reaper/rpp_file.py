"""The fake's project as a .rpp file, written with the independent package `rpp`."""

from __future__ import annotations

from pathlib import Path

import rpp

from tests.reaper.session import Tree


def write(path: Path, project: Tree) -> Path:
    root = rpp.Element("REAPER_PROJECT", ["0.1", "7.78/linux-x86_64", "1700000000"], [])
    first = project["tempo"][0]
    root.append(["TEMPO", f"{first['bpm']:g}", str(first["num"]), str(first["den"])])
    points = rpp.Element("TEMPOENVEX", [], [])
    for point in project["tempo"]:
        shape = "0" if point["linear"] else "1"
        meter = str(point["num"] + 65536 * point["den"])
        points.append(["PT", f"{point['timepos']:.12f}", f"{point['bpm']:.10f}", shape, meter, "0", "1"])
    root.append(points)
    for track in project["tracks"]:
        root.append(_track(track))
    with path.open("w", encoding="utf-8") as file:
        rpp.dump(root, file)
    return path


def _track(track: Tree) -> rpp.Element:
    depth = int(track["values"]["I_FOLDERDEPTH"])
    bus = "1 1" if depth == 1 else f"2 {depth}" if depth < 0 else "0 0"
    made = rpp.Element("TRACK", [track["guid"]], [["NAME", track["texts"]["P_NAME"]], ["ISBUS", *bus.split()]])
    for item in track["items"] or []:
        made.append(_item(item))
    return made


def _item(item: Tree) -> rpp.Element:
    values = item["values"]
    made = rpp.Element(
        "ITEM", [], [["POSITION", f"{values['D_POSITION']:.12f}"], ["LENGTH", f"{values['D_LENGTH']:.12f}"]]
    )
    for number, take in enumerate(item["takes"] or []):
        if number:
            made.append(["TAKE"])
        made.append(["NAME", take["texts"]["P_NAME"]])
        made.append(["SOFFS", f"{take['values']['D_STARTOFFS']:.12f}"])
        made.append(["PLAYRATE", f"{take['values']['D_PLAYRATE']:g}", "1", "0", "-1", "0", "0.0025"])
        if take.get("midi"):
            made.append(
                rpp.Element("SOURCE", ["MIDI"], [["HASDATA", "1", "960", "QN"], ["E", "0", "b0", "7b", "00"]])
            )
        else:
            made.append(rpp.Element("SOURCE", ["WAVE"], [["FILE", take["source"]["file"]]]))
    return made
