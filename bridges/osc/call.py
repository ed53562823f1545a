"""One message, checked, as a handler gets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridges.osc.arguments import Value
from bridges.osc.options import Options
from bridges.osc.packet import encode
from bridges.osc.peers import Outlet, Peer
from bridges.osc.table import Address

if TYPE_CHECKING:
    from bridges.osc.feedback import Feedback
    from bridges.osc.reach import Reach
    from bridges.osc.submit import Submitter
    from bridges.osc.subscriptions import Subscriptions
    from daemon.services import Services
    from daemon.services.presses import Presses
    from daemon.services.types_library import AssetView


@dataclass(frozen=True, slots=True)
class Context:
    """What handlers may use."""

    version: str
    token: str
    services: Services
    reach: Reach
    submitter: Submitter
    presses: Presses
    subscriptions: Subscriptions
    feedback: Feedback
    outlet: Outlet


@dataclass(slots=True)
class Piece:
    """Messages that came together. failed: one of them did."""

    failed: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """path: the `{...}` parts of the address. trusted: the right token came with it. begun: what is quick about it
    was done."""

    context: Context
    row: Address
    address: str
    path: Mapping[str, str]
    args: tuple[Value, ...]
    options: Options
    peer: Peer
    piece: Piece = field(default_factory=Piece)
    begun: bool = False

    @property
    def services(self) -> Services:
        return self.context.services

    @property
    def ref(self) -> str:
        return self.options.ref

    @property
    def trusted(self) -> bool:
        return self.options.trusted(self.context.token)

    async def vet(self, asset: AssetView) -> None:
        """Whether the sender may name this hit: a button must not reach further than a path. Raises NotFound,
        Forbidden."""
        await self.context.reach.asset(asset, self.trusted)

    def text(self, number: int) -> str:
        return str(self.args[number])

    def number(self, number: int) -> float:
        return float(self.args[number])

    def reply(self, address: str, *args: int | float | str) -> None:
        """To the sender, or to the port that it subscribed with. The ref is the first argument."""
        target = self.context.subscriptions.reply_to(self.peer)
        self.context.outlet.send(target, encode(address, self.ref, *args))
