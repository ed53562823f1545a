"""Settings: `config.toml` in the home folder, then the environment; validated once, frozen from then on.

Nothing below the composition root reads configuration: each part is handed what it needs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import platformdirs
from msgspec import Meta

from daemon.kernel.at_home import at_home
from daemon.kernel.errors import BadConfig, DiskError
from daemon.kernel.suggest import suggest
from daemon.kernel.toml_file import parsed, text_of

GIB = 1 << 30
Port = Annotated[int, Meta(ge=0, le=65535)]


class HttpConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """port 0: any free one, told in runtime.json."""

    host: str = "127.0.0.1"
    port: Port = 7700


class OscConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """port: UDP, and TCP when `tcp` is set; query_port: OSCQuery; 0 takes any free one. allow: addresses and networks
    besides this machine that may send ("192.168.1.0/24"): with one or more, roadie listens on every interface, or
    at `host` when that is set. announce: tell others by zeroconf where this is."""

    enabled: bool = True
    host: str | None = None
    port: Port = 7701
    query_port: Port = 7702
    tcp: bool = False
    allow: tuple[str, ...] = ()
    announce: bool = True


class MidiConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """name: of our own port; on Windows, of the port to use. devices: patterns of ports to open besides, whenever they
    are plugged in. pads_channel: whose notes play the kit. clock: whether MIDI clock, start and stop tell what the DAW
    does. jack: through JACK instead of ALSA."""

    enabled: bool = True
    name: Annotated[str, Meta(pattern=r"\S")] = "roadie"
    devices: tuple[str, ...] = ()
    pads_channel: Annotated[int, Meta(ge=1, le=16)] = 10
    clock: bool = True
    jack: bool = False


class WorkersConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """cpu: workers of the cpu lane, 0 = one less than there are cores. device: auto, cuda, mps or cpu."""

    cpu: Annotated[int, Meta(ge=0, le=256)] = 0
    device: Literal["auto", "cuda", "mps", "cpu"] = "auto"
    keep_alive_s: Annotated[float, Meta(ge=0)] = 300.0
    memory_gib: Annotated[float, Meta(gt=0)] = 12.0
    hang_timeout_s: Annotated[float, Meta(gt=0)] = 900.0
    max_attempts: Annotated[int, Meta(ge=1, le=10)] = 3


class FoldersConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """delivery: where results go when a request names no folder. roots: folders of the user's own music."""

    delivery: str | None = None
    roots: tuple[str, ...] = ()


class WatchConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Folders to watch. settle_s: how long a file stands still before it counts; folder_settle_s: a folder that is
    being copied in. rescan_s: between looks at everything; poll_s: in folders whose changes nobody tells (network
    drives, and those in `polling`)."""

    inbox: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    polling: tuple[str, ...] = ()
    settle_s: Annotated[float, Meta(ge=0.1, le=600)] = 2.0
    folder_settle_s: Annotated[float, Meta(ge=0.1, le=3600)] = 5.0
    rescan_s: Annotated[float, Meta(ge=5)] = 900.0
    poll_s: Annotated[float, Meta(ge=1)] = 30.0


class RulesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """match: "all" rules that match an event run, or the "first" by priority. per_minute: how often a rule may fire
    on one asset. depth: how long a chain of rules may be, each set off by what the one before it made."""

    match: Literal["all", "first"] = "all"
    per_minute: Annotated[int, Meta(ge=1, le=1000)] = 10
    depth: Annotated[int, Meta(ge=1, le=20)] = 5


class PluginsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """folders: where plug-ins are looked for besides the system's own folders."""

    folders: tuple[str, ...] = ()


class CacheConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    max_gib: Annotated[float, Meta(gt=0)] = 20.0


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of `config.toml`."""

    http: HttpConfig = HttpConfig()
    osc: OscConfig = OscConfig()
    midi: MidiConfig = MidiConfig()
    workers: WorkersConfig = WorkersConfig()
    folders: FoldersConfig = FoldersConfig()
    cache: CacheConfig = CacheConfig()
    watch: WatchConfig = WatchConfig()
    rules: RulesConfig = RulesConfig()
    plugins: PluginsConfig = PluginsConfig()
    pause_heavy: Literal["never", "recording", "playing"] = "never"


class Settings(msgspec.Struct, frozen=True):
    """Where everything is, and the config. runtime_path: how scripts find a running daemon."""

    home: Path
    runtime_path: Path
    config: Config

    @property
    def config_path(self) -> Path:
        return self.home / "config.toml"

    @property
    def token_path(self) -> Path:
        return self.home / "token"

    @property
    def database_path(self) -> Path:
        return self.home / "roadie.db"

    @property
    def lock_path(self) -> Path:
        return self.home / "daemon.lock"

    @property
    def work(self) -> Path:
        return self.home / "work"

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def models(self) -> Path:
        return self.home / "models"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def installed(self) -> Path:
        """Records of what `roadie install` has put into other programs' folders."""
        return self.home / "installed"

    @property
    def uploads(self) -> Path:
        return self.home / "uploads"

    @property
    def recipes(self) -> Path:
        return self.home / "recipes"

    @property
    def rules(self) -> Path:
        return self.home / "rules"

    @property
    def chains(self) -> Path:
        return self.home / "chains"

    @property
    def plugins(self) -> Path:
        """What plug-in scans found; the plug-ins themselves are elsewhere."""
        return self.home / "plugins"

    @property
    def plugin_folders(self) -> tuple[Path, ...]:
        return tuple(Path(at_home(folder)) for folder in self.config.plugins.folders)

    @property
    def delivery_folder(self) -> Path:
        """Absolute and without dots: the journal takes no other."""
        chosen = self.config.folders.delivery
        if chosen is not None:
            return Path(at_home(chosen)).resolve()
        return Path(platformdirs.user_music_dir()) / "roadie"

    @property
    def roots(self) -> tuple[Path, ...]:
        return tuple(Path(at_home(root)) for root in self.config.folders.roots)

    @property
    def cache_bytes(self) -> int:
        return int(self.config.cache.max_gib * GIB)

    @property
    def memory_bytes(self) -> int:
        return int(self.config.workers.memory_gib * GIB)


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings for this process.

    ROADIE_HOME moves the home folder (and runtime.json into it); ROADIE_HTTP_PORT, ROADIE_OSC_PORT,
    ROADIE_OSC_QUERY_PORT, ROADIE_DELIVERY, ROADIE_DEVICE and ROADIE_PAUSE_HEAVY stand for the values of
    `config.toml`. overrides: {"http.port": 0}, the command line's.
    Raises BadConfig naming file, place and what is legal.
    """
    env = os.environ if environ is None else environ
    moved = env.get("ROADIE_HOME")
    home = Path(at_home(moved)).absolute() if moved else Path(platformdirs.user_data_dir("roadie", False))
    runtime = home / "runtime.json" if moved else Path.home() / ".roadie" / "runtime.json"
    body = _read(home / "config.toml")
    for variable, place in _ENVIRONMENT.items():
        if variable in env:
            _put(body, place, env[variable])
    for place, value in overrides.items():
        _put(body, place, value)
    _check_names(body, home / "config.toml")
    try:
        # Values from the environment are text, so numbers may come as text here.
        config = msgspec.convert(body, Config, strict=False)
    except msgspec.ValidationError as error:
        raise BadConfig("a setting is wrong", where=home / "config.toml", why=error) from error
    return Settings(home, runtime, config)


def store_setting(path: Path, key: str, value: Any) -> None:
    """Put one setting into the file, keeping the rest of it, comments as well, as it is. Raises DiskError, and
    BadConfig for a file that cannot be read."""
    import tomlkit  # noqa: PLC0415 - only when something is changed

    try:
        document = tomlkit.parse(path.read_text("utf-8-sig")) if path.exists() else tomlkit.document()
        table: Any = document
        *tables, last = key.split(".")
        for name in tables:
            if name not in table:
                table[name] = tomlkit.table()
            table = table[name]
        table[last] = value
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_text(tomlkit.dumps(document), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise DiskError("the settings cannot be written", where=path, why=error.strerror) from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise BadConfig(
            "the settings cannot be read", where=path, why=error, hint="Mend or remove it"
        ) from error


def _check_names(body: Mapping[str, Any], path: Path) -> None:
    known: list[str] = []
    tables = set()
    for field in msgspec.structs.fields(Config):
        inner = getattr(field.default, "__struct_fields__", None)
        known += [field.name] if inner is None else [f"{field.name}.{name}" for name in inner]
        if inner is not None:
            tables.add(field.name)
    for table, values in body.items():
        if isinstance(values, Mapping):
            names = [f"{table}.{name}" for name in values]
        else:
            names = [] if table in tables else [table]  # that a table is none is for the types to say
        for name in names:
            if name not in known:
                raise BadConfig(f"there is no setting {name!r}", where=path, hint=suggest(name, known))


_ENVIRONMENT = {
    "ROADIE_HTTP_PORT": "http.port",
    "ROADIE_OSC_PORT": "osc.port",
    "ROADIE_OSC_QUERY_PORT": "osc.query_port",
    "ROADIE_DELIVERY": "folders.delivery",
    "ROADIE_DEVICE": "workers.device",
    "ROADIE_PAUSE_HEAVY": "pause_heavy",
}


def _read(path: Path) -> dict[str, Any]:
    try:
        return parsed(text_of(path, BadConfig), path, BadConfig)
    except FileNotFoundError:
        return {}
    except BadConfig as error:
        why = error.what if error.why is None else f"{error.what}: {error.why}"
        hint = (
            "Make the folder readable, or set ROADIE_HOME to another"
            if isinstance(error.__cause__, OSError)
            else "Mend or remove it"
        )
        raise BadConfig("the settings cannot be read", where=path, why=why, hint=hint) from error


def _put(body: dict[str, Any], place: str, value: Any) -> None:
    *tables, last = place.split(".")
    for table in tables:
        inner = body.setdefault(table, {})
        if not isinstance(inner, dict):
            return  # the file says something else there, which is told when it is converted
        body = inner
    body[last] = value
