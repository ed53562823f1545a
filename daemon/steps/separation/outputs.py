"""Which files a separation writes, and how each comes from the source and the stems."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daemon.kernel.errors import BadParameter
from daemon.steps.separate import SeparateParams
from daemon.steps.separation.blocks import Block

RESIDUAL = "residual"


@dataclass(frozen=True)
class Outputs:
    """names: of the files, in order. Each is a stem, the source without one, or the residual."""

    stems: tuple[str, ...]
    names: tuple[str, ...]
    wanted: tuple[str, ...]
    without: str
    residual: bool

    def render(self, source: Block, stems: Block) -> dict[str, Block]:
        """source (channels, n) and stems (stems, channels, n) to one (channels, n) per name.

        The residual is taken from the rounded files, so that they and it add up to the source.
        """
        if self.without:
            made = {self.names[0]: source - stems[self.stems.index(self.without)]}
        else:
            made = {name: stems[self.stems.index(name)] for name in self.wanted}
        if self.residual:
            rest = source - np.sum(list(made.values()), axis=0, dtype=np.float64)
            made[RESIDUAL] = rest.astype(np.float32)
        return made


def outputs(stems: tuple[str, ...], params: SeparateParams) -> Outputs:
    """Raises BadParameter naming the stems there are."""
    mode, _, one = params.mode.partition(":")
    wanted = (one,) if one else tuple(dict.fromkeys(params.stems)) or stems
    for name in wanted:
        if name not in stems:
            raise BadParameter(
                f"this model has no stem {name!r}", where="separate", hint=f"Its stems: {', '.join(stems)}"
            )
    without = one if mode == "all-but" else ""
    names = (f"no_{without}",) if without else wanted
    return Outputs(stems, (*names, RESIDUAL) if params.residual else names, wanted, without, params.residual)
