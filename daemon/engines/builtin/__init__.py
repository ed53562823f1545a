"""Separation without weights: signal processing alone, so that roadie works offline on any machine."""

from daemon.engines.protocol import EngineSpec, Task

SPEC = EngineSpec(
    name="builtin",
    version="1",
    task=Task.SEPARATE,
    loader="daemon.engines.builtin.engine:Builtin",
    about="Signal processing without a trained model (percussion by median filters, bass and voice by tracked pitch): "
    "a rough separation, well below a neural one",
)
