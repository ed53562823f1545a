"""The one table of routes."""

from __future__ import annotations

from bridges.http.routes.access import ROUTES as ACCESS
from bridges.http.routes.alike import ROUTES as ALIKE
from bridges.http.routes.chains import ROUTES as CHAINS
from bridges.http.routes.collections import ROUTES as COLLECTIONS
from bridges.http.routes.duplicates import ROUTES as DUPLICATES
from bridges.http.routes.edits import ROUTES as EDITS
from bridges.http.routes.finding import ROUTES as FINDING
from bridges.http.routes.jobs import ROUTES as JOBS
from bridges.http.routes.kits import ROUTES as KITS
from bridges.http.routes.learn import ROUTES as LEARN
from bridges.http.routes.library import ROUTES as LIBRARY
from bridges.http.routes.midi import ROUTES as MIDI
from bridges.http.routes.projects import ROUTES as PROJECTS
from bridges.http.routes.rules import ROUTES as RULES
from bridges.http.routes.system import ROUTES as SYSTEM
from bridges.http.routes.tags import ROUTES as TAGS
from bridges.http.routes.transfer import ROUTES as TRANSFER
from bridges.http.routes.watch import ROUTES as WATCH
from bridges.http.table import Route

ROUTES: tuple[Route, ...] = (
    *ACCESS,
    *SYSTEM,
    *JOBS,
    *FINDING,
    *LIBRARY,
    *EDITS,
    *COLLECTIONS,
    *KITS,
    *PROJECTS,
    *TRANSFER,
    *CHAINS,
    *WATCH,
    *RULES,
    *MIDI,
    *TAGS,
    *LEARN,
    *ALIKE,
    *DUPLICATES,
)
