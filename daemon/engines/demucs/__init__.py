"""Separation with the Demucs models (Défossez 2021, Rouard et al. 2022), loaded by the demucs library itself."""

from __future__ import annotations

from daemon.engines.protocol import EngineSpec, Task

SPEC = EngineSpec(
    name="demucs",
    version="1",
    task=Task.SEPARATE,
    loader="daemon.engines.demucs.engine:Demucs",
    about="Demucs neural networks (htdemucs and others); needs weights, `roadie models list` names them",
)
