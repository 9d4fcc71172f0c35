"""Every route of the console."""

from typing import Final

from fastapi import APIRouter

from orderwire.web.console import (
    failures,
    held,
    login,
    now,
    parked,
    partners,
    people,
    records,
    replays,
    search,
    static_files,
    story,
)

#: Each module's own routes.
PARTS: Final[tuple[APIRouter, ...]] = tuple(
    part.router
    for part in (login, people, static_files, now, search, story, failures, parked, replays, partners, records, held)
)

router = APIRouter(include_in_schema=False)
for _part in PARTS:
    router.include_router(_part)
