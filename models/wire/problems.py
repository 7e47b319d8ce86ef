"""What central says when it does not do what was asked: RFC 9457 problem+json.

Owns the one table of stable codes, with the HTTP status central answers and the kind of
error the console makes of it. A code is never renamed. A problem holds codes and the
names of fields, never what was sent: no personal data travels back or into a log.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from models.errors import Conflict, KioskError, Rejected, Unavailable

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:kiosk:problem:"

PROBLEMS: Mapping[str, tuple[int, type[KioskError]]] = {
    "body_malformed": (422, Rejected),
    "body_too_large": (413, Rejected),
    "cursor_unknown": (410, Conflict),
    "amounts_do_not_add_up": (422, Rejected),
    "card_number_refused": (422, Rejected),
    "defect_at_central": (500, Unavailable),
    "demo_order_refused": (422, Rejected),
    "method_not_allowed": (405, Unavailable),
    "not_found": (404, Unavailable),
    "order_conflict": (409, Conflict),
    "order_id_mismatch": (422, Rejected),
    "reference_check": (422, Rejected),
    "reference_not_leased": (422, Rejected),
    "reference_taken": (409, Rejected),
    "references_exhausted": (503, Unavailable),
    "central_busy": (503, Unavailable),
    "central_not_ready": (503, Unavailable),
    "unauthorised": (401, Unavailable),
    "token_expired": (401, Unavailable),
    "field_unknown": (422, Unavailable),
    "too_many_requests": (429, Unavailable),
    "enrolment_refused": (403, Rejected),
    "sign_in_refused": (403, Rejected),
    "order_unknown": (404, Rejected),
    "order_dispatched": (409, Conflict),
    "order_cancelled": (409, Conflict),
    "revision_conflict": (409, Conflict),
    "customer_stale": (409, Conflict),
}
"""Every code central answers with. Unavailable may be tried again unchanged; Rejected and
Conflict on an order are work for a person. ``field_unknown`` comes from a central that is
older than the console: it waits until that is brought up to date.
"""


class Problem(BaseModel):
    """RFC 9457; ``code`` is the stable word, ``fields`` the names of what is wrong."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    code: str
    fields: tuple[str, ...] = ()


def problem(code: str, *, fields: tuple[str, ...] = ()) -> Problem:
    """The problem of this code. Raises KeyError for a code that is not in the table."""
    status, _ = PROBLEMS[code]
    return Problem(
        type=TYPE_PREFIX + code,
        title=code.replace("_", " "),
        status=status,
        code=code,
        fields=fields,
    )


def error_of(found: Problem) -> KioskError:
    """The console's error for a problem; a code of a newer central goes by its status."""
    _, kind = PROBLEMS.get(found.code, (found.status, kind_of_status(found.status)))
    return kind(found.code, fields=found.fields)


def kind_of_status(status: int) -> type[KioskError]:
    """What an HTTP status means where nothing better is known: when in doubt, try again."""
    if status == 409:  # noqa: PLR2004 - RFC 9110, 15.5.10
        return Conflict
    is_for_good = 400 <= status < 500 and status not in {401, 403, 404, 408, 425, 429}  # noqa: PLR2004
    return Rejected if is_for_good else Unavailable
