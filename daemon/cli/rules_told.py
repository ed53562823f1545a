"""Rules as a person reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from daemon.cli.output import duration, print_table, when, wrapped
from daemon.services.types_rules import DryRunFile, DryRunView, RuleRunView, RuleUndoView, RuleView, TriggerView

SHOWN = 10


def tell_rules(rules: Sequence[RuleView]) -> None:
    rows = [
        (each.name, "on" if each.enabled else "off", ", ".join(each.events), ", ".join(each.actions), each.runs,
         each.about)
        for each in rules
    ]  # fmt: skip
    print_table(("rule", "is", "when", "then", "runs", "about"), rows, "There are no rules.")
    for each in rules:
        if each.problem:
            print(f"{each.name} is broken, so its last good version goes on: {each.problem}")
        for remark in each.remarks if each.enabled else ():
            print(f"{each.name}: {remark}")


def tell_checked(rule: RuleView) -> None:
    print(f"{rule.name} is a rule: when {', '.join(rule.events)}, then {', '.join(rule.actions)}")
    for remark in rule.remarks:
        print(remark)


def tell_runs(runs: Sequence[RuleRunView]) -> None:
    rows = [
        (each.id, each.rule, each.state, when(each.at), each.depth, _about(each), ", ".join(each.jobs) or None)
        for each in runs
    ]
    print_table(
        ("run", "rule", "state", "at", "depth", "files", "jobs"), rows, "No rule has answered anything yet."
    )
    for each in runs:
        if each.error:
            print(f"{each.id} {each.state}: {each.error}")


def tell_asked(asked: TriggerView) -> None:
    what = f"{asked.rule} {'answers' if asked.matches else 'leaves alone'} {asked.path or asked.asset}"
    print(f"{what}: {'; '.join(asked.because) or 'it has no conditions'}")


def _about(run: RuleRunView) -> str:
    first = Path(run.subjects[0].path).name if run.subjects else "-"
    return first if len(run.subjects) < 2 else f"{first} and {len(run.subjects) - 1} more"


def tell_undone(undone: RuleUndoView) -> None:
    for path in undone.removed:
        print(f"taken back  {path}")
    for path in undone.files:
        print(f"restored    {path}")
    if undone.restored:
        print(f"restored    {undone.restored} changes of tags and collections")
    for kept in undone.kept:
        print(f"kept        {kept.path}: {kept.why}")
    for path in undone.gone:
        print(f"not there   {path}: it was removed or moved since")
    if not (undone.removed or undone.files or undone.restored or undone.kept or undone.gone):
        print("There was nothing to take back.")


def tell_dry_run(found: DryRunView) -> None:
    looked = found.matched + found.unmatched + found.unknown
    print(f"{found.rule}, tried on {looked} files below {found.folder}. Nothing was changed.")
    print(
        f"{found.matched} match, {found.unmatched} do not" + (f", {found.unknown} may" if found.unknown else "")
    )
    if found.left_out:
        print(f"{found.left_out} more files were not looked at (--limit)")
    _tell_matching([each for each in found.files if each.matches])
    _tell_others(
        "may match, which is known once they are in the library", [e for e in found.files if e.matches is None]
    )
    _tell_others("do not match", [each for each in found.files if each.matches is False])
    for problem in found.unreadable[:SHOWN]:
        print(f"no sound: {problem}")
    if found.matched:
        about = "roughly" if found.time_rough else "about"
        took = "unknown" if found.time_s is None else f"{about} {duration(found.time_s)}"
        print(f"\ntime on this machine: {took}")
        print(*wrapped(found.time_note, "  "), sep="\n")
    for folder in found.writes_below:
        print(f"would write below {folder}")


def _tell_matching(files: Sequence[DryRunFile]) -> None:
    for each in files[:SHOWN]:
        print(f"\n{each.path}")
        print(f"  matches: {'; '.join(each.because) or 'it has no conditions'}")
        for would in each.would:
            print(f"  {would['does']}" + (f": {would['left']}" if would.get("left") else ""))
            for path in would["writes"]:
                print(f"    {path}")
    if len(files) > SHOWN:
        print(f"\n... and {len(files) - SHOWN} more that match (--json lists all)")


def _tell_others(what: str, files: Sequence[DryRunFile]) -> None:
    """By reason, since many files share one."""
    if not files:
        return
    print(f"\n{len(files)} {what}")
    reasons = Counter(_reason(each) for each in files)
    for reason, count in reasons.most_common(SHOWN):
        example = next(each for each in files if _reason(each) == reason)
        print(f"  {count:>4}  {reason}  (such as {Path(example.path).name})")


def _reason(file: DryRunFile) -> str:
    """Without the file's own path, so that the same reason is one."""
    return "; ".join(file.because).replace(file.path, "of the file")
