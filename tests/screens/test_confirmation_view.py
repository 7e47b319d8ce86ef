from __future__ import annotations

import pytest

from models.order import SyncState
from screens.confirmation_view import sync_line


@pytest.mark.parametrize(
    "state,said",
    [
        (SyncState.WAITING, "○ enregistrée ici, partira vers la centrale toute seule"),
        (SyncState.SENT, "○ envoyée, réponse attendue"),
        (SyncState.CONFIRMED, "● reçue par la centrale"),
        (SyncState.REFUSED, "! refusée par la centrale : à traiter"),
        (SyncState.PRACTICE, "○ essai, ne part pas : console sans centrale"),
    ],
)
def test_where_an_order_stands_is_said_as_it_is(state, said):
    assert sync_line(state).plain == said
