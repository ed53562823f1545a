"""`roadie midi`: what the keys of a controller do."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from daemon.cli.group import group, without_verb
from daemon.cli.output import AsJson

app = group()

Command = Annotated[str, typer.Argument(metavar="COMMAND", help='Like "run stems"; `roadie midi` lists them.')]
Trigger = Annotated[str, typer.Argument(metavar="KEY", help='Like "note 1 36", "cc 1 20" or "program 10 3".')]


@app.callback(invoke_without_command=True)
def midi(context: typer.Context, as_json: AsJson = False) -> None:
    """What the keys, knobs and pads of a MIDI controller do.

    \b
    Examples:
      roadie midi
      roadie midi learn "run stems"
    """
    without_verb(context, as_json, list_keys)


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List the keys that do something, and what can be done.

    \b
    Example:
      roadie midi list
    """
    from daemon.cli.output import print_json, print_table
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        found = open_session.client.get("/midi")
    if as_json:
        print_json(found)
        return
    problems = found["problems"]
    keys = [
        (each["on"], f"{each['do']} ({problems[each['on']]})" if each["on"] in problems else each["do"])
        for each in found["bindings"]
    ]
    print_table(("key", "does"), keys, "No key does anything yet.")
    print("\nCommands:")
    for command, about in found["commands"].items():
        print(f"  {command:12} {about}")


@app.command()
def learn(command: Command, as_json: AsJson = False) -> None:
    """Bind the next key that you press to a command. Needs a daemon that runs: `roadie serve`.

    \b
    Example:
      roadie midi learn "run stems"
    """
    from daemon.cli.output import print_json, say
    from daemon.cli.session import session
    from daemon.services.control_commands import command_of

    with session(os.environ) as open_session:
        # What is wrong is told before anything is pressed.
        recipes = open_session.client.get("/recipes")["items"]
        command = command_of(command, [each["name"] for each in recipes])
        say("Press the key, turn the knob up past its middle or choose the program now.")
        bound = open_session.client.post("/midi/learn", {"do": command, "wait_s": 20})
    if as_json:
        print_json(bound)
    else:
        print(f"{bound['on']} does: {bound['do']}")


@app.command()
def forget(key: Trigger, as_json: AsJson = False) -> None:
    """Let a key do nothing again.

    \b
    Example:
      roadie midi forget "note 1 36"
    """
    from bridges.midi.trigger import parse
    from daemon.cli.output import print_json
    from daemon.cli.session import session
    from daemon.kernel.errors import NotFound

    key = str(parse(key))
    with session(os.environ) as open_session:
        bindings = open_session.client.get("/midi")["bindings"]
        left = [each for each in bindings if each["on"] != key]
        if len(left) == len(bindings):
            raise NotFound(f"no key {key!r} does anything", hint="`roadie midi` lists those that do")
        found = open_session.client.put("/midi", {"bindings": left})
    if as_json:
        print_json(found)
    else:
        print(f"{key} does nothing any more")
