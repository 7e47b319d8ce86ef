"""Whether a commune that was typed belongs to a postcode."""

import pytest

from services.postal import Commune, matches

REIMS = Commune("51100", "Reims", "51454", "", "REIMS")
ST_DENIS = Commune("01000", "Saint-Denis-lès-Bourg", "01344", "", "ST DENIS LES BOURG")
BROU = Commune("01000", "Bourg-en-Bresse", "01053", "BROU", "BOURG EN BRESSE")


@pytest.mark.parametrize(
    "typed, is_one",
    [
        ("reims", True),
        (" REIMS ", True),
        ("Saint Denis les Bourg", True),
        ("st-denis-lès-bourg", True),
        ("Brou", True),
        ("bourg en bresse", True),
        ("Bourg", False),
        ("Épernay", False),
        ("", False),
        ("—", False),
    ],
)
def test_matches(typed, is_one):
    assert matches([REIMS, ST_DENIS, BROU], typed) is is_one


def test_an_empty_list_matches_nothing():
    assert not matches([], "Reims")
