"""The one table of addresses."""

from __future__ import annotations

from bridges.osc.addresses.basic import ADDRESSES as BASIC
from bridges.osc.addresses.feedback import ADDRESSES as FEEDBACK
from bridges.osc.addresses.jobs import ADDRESSES as JOBS
from bridges.osc.addresses.library import ADDRESSES as LIBRARY
from bridges.osc.addresses.rules import ADDRESSES as RULES
from bridges.osc.addresses.surface import ADDRESSES as SURFACE
from bridges.osc.table import Address

ADDRESSES: tuple[Address, ...] = (*BASIC, *JOBS, *RULES, *LIBRARY, *SURFACE, *FEEDBACK)
