"""For whoever watches the server: is it alive, and can it work?"""

from __future__ import annotations

from fastapi import APIRouter

from central.auth import DatabaseOf
from central.contract import problems

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", responses=problems("central_not_ready", "central_busy", "defect_at_central"))
def readyz(database: DatabaseOf) -> dict[str, str]:
    """The database can be read and has the schema this program knows; 503 otherwise."""
    database.ensure_ready()
    return {"status": "ready"}
