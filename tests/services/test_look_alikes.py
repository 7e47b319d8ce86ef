from __future__ import annotations

import pytest

from services.catalogue_csv import builtin
from services.look_alikes import look_alikes

BY_SKU = {cartridge.sku: cartridge for cartridge in builtin().cartridges}


@pytest.mark.parametrize(
    "sku, alike",
    [
        ("HP-C2P04AE", ("63", "65")),
        ("HP-CH563EE", ("300XL", "302XL", "303XL", "304XL", "305XL")),
        ("BRO-LC970BK", ("LC-980", "LC-985", "LC-1000")),
        ("KYO-TK1130", ()),
    ],
)
def test_series_that_are_mistaken_for_one_another(sku, alike):
    assert look_alikes(BY_SKU[sku]) == alike


def test_a_toner_and_the_drum_of_its_number():
    beside = [BY_SKU[sku] for sku in ("BRO-TN241BK", "BRO-TN245C", "BRO-DR241CL", "BRO-DR230CL")]
    assert look_alikes(BY_SKU["BRO-TN241C"], beside) == ("DR241CL",)
    assert look_alikes(BY_SKU["BRO-DR241CL"], beside) == ("TN241BK",)
    assert look_alikes(BY_SKU["BRO-TN245C"], beside) == ()
