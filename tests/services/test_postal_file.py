"""Postcodes and communes of the file that is derived from La Poste's list."""

from __future__ import annotations

import pytest

from models.errors import Unavailable
from services.adapters.postal_file import PostalFile


@pytest.fixture(scope="module")
def postal_path(tmp_path_factory):
    return tmp_path_factory.mktemp("postal") / "postal.sqlite3"


@pytest.fixture
def postal(postal_path):
    return PostalFile(postal_path)


def test_a_postcode_gives_its_localities(postal):
    found = postal.communes(" 51100 ")
    assert [(c.name, c.line5, c.label) for c in found] == [
        ("Reims", "", "REIMS"),
        ("Reims", "LA NEUVILLETTE", "REIMS"),
    ]
    assert {c.insee for c in found} == {"51454"}


def test_a_postcode_may_have_many(postal):
    found = postal.communes("51300")
    assert len(found) == 46
    assert [c.name for c in found] == sorted(c.name for c in found)


@pytest.mark.parametrize("postcode", ["", "99999", "0100", "51100'--", "é"])
def test_an_unknown_postcode_gives_nothing(postal, postcode):
    assert list(postal.communes(postcode)) == []


@pytest.mark.parametrize("half", ["\ud800", "51100\udc80"])
def test_half_a_character_is_in_no_postcode_and_no_letter_of_a_name(postal, half):
    assert postal.communes(half) == postal.by_name(half) == ()
    assert postal.by_name(f"reims{half[-1]}") == postal.by_name("reims")


def test_a_leading_zero_is_kept(postal):
    assert postal.communes("01000")[0].name == "Bourg-en-Bresse"


@pytest.mark.parametrize("said", ["Saint-Étienne", "st etienne", "SAINT ETIENNE", "saint-etienne"])
def test_a_name_is_found_without_accents_and_with_st(postal, said):
    first = postal.by_name(said)[0]
    assert (first.name, first.postcode, first.label) == ("Saint-Étienne", "42000", "ST ETIENNE")


@pytest.mark.parametrize(
    "said, postcode, name",
    [
        ("reims", "51100", "Reims"),
        ("hay les roses", "94240", "L'Haÿ-les-Roses"),
        ("l'hay", "94240", "L'Haÿ-les-Roses"),
        ("la neuvillette", "51100", "Reims"),
        ("neuvillette", "51100", "Reims"),
        ("paris", "75001", "Paris 1er Arrondissement"),
        ("saint-denis de la r", None, None),
        ("", None, None),
        ("'; --", None, None),
    ],
)
def test_by_name_or_by_an_older_one(postal, said, postcode, name):
    found = [(c.postcode, c.name) for c in postal.by_name(said)]
    assert (postcode, name) in found if postcode else found == []


def test_the_name_itself_stands_before_longer_ones(postal):
    names = [c.name for c in postal.by_name("brou")]
    assert names.index("Brou") < names.index("Brou-sur-Chantereine")
    assert len(names) == 10
    assert len(postal.by_name("saint", limit=3)) == 3


def test_a_broken_file_is_made_again(tmp_path):
    path = tmp_path / "postal.sqlite3"
    path.write_bytes(b"not a database")
    assert PostalFile(path).communes("75001")[0].label == "PARIS"


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(Unavailable, match="postal_unusable"):
        PostalFile(tmp_path / "nowhere" / "postal.sqlite3").communes("75001")
