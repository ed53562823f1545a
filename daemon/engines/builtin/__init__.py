"""Separation without weights to install: signal processing, so that roadie works offline on any machine."""

from daemon.engines.protocol import EngineSpec, Task

SPEC = EngineSpec(
    name="builtin",
    version="2",
    task=Task.SEPARATE,
    loader="daemon.engines.builtin.engine:Builtin",
    about="Signal processing without a neural separator: percussion by median filters, bass and voice by tracked "
    "pitch, weighed by a small table that was fitted to synthesised songs. A rough separation, well below a neural one",
)
