"""Who pays and who receives: found, asked in speaking order, checked beside each field."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from console_at_work import LARGE, SMALL, resumed
from console_fixtures import DAUGHTER, complete_draft

from models.draft import CustomerEntry, DeliveryEntry, Draft, Step
from models.payment import LinkChannel, PaymentMethod
from services.demo_people import demo_customer_id

WHOLE = complete_draft(UUID(int=77))
NOBODY = replace(WHOLE, customer=CustomerEntry(), delivery=DeliveryEntry(), payment_method=None)


def at(draft: Draft, step: Step, focus: str) -> Draft:
    return draft.at(step, focus)


@pytest.mark.parametrize(
    "typed, found",
    [
        ("1234", "Mme DUVAL Jeanne"),
        ("0199001234", "Mme DUVAL Jeanne"),
        ("herouville", "Mme D'HÉROUVILLE Élodie"),
        ("lefevre", "M. LEFÈVRE Œdipe"),
        ("duvale", "Mme DUVALLE Suzanne"),
    ],
)
async def test_a_known_caller_is_found(folder, typed, found) -> None:
    async with resumed(folder, at(NOBODY, Step.CUSTOMER, "find")) as operator:
        await operator.press(*typed)
        assert operator.lines[4].startswith(" › ")
        assert operator.line_with(found)
        assert operator.saved.customer.search == typed
        assert operator.saved.customer.customer_id is None


async def test_choosing_fills_the_form_and_tells_what_is_known(folder) -> None:
    async with resumed(folder, at(NOBODY, Step.CUSTOMER, "find")) as operator:
        await operator.press(*"duval", "down", "up", "enter")
        assert operator.focus == "civility"
        assert operator.saved.customer.customer_id == demo_customer_id("DUVAL")
        assert operator.line_with("client connu : Brother DCP-350C")
        assert operator.sees("14 rue des Tilleuls", "01 99 00 12 34")
        assert (
            operator.line_with("Chercher")
            == "Chercher             téléphone, nom, code postal ou référence"
        )


async def test_the_last_order_again_in_one_key(folder) -> None:
    known = replace(WHOLE.customer, customer_id=demo_customer_id("DUVAL"))
    async with resumed(folder, replace(WHOLE, customer=known)) as operator:
        await operator.press_only(*["enter"] * 20)
        assert len(operator.orders) == 1
        await operator.press("n", "f3", *"0199001234", "enter")
        assert operator.line_with("Ctrl+R comme la dernière fois")
        await operator.press("ctrl+r")
        assert [(line.sku, line.quantity) for line in operator.saved.cart.lines] == [
            ("BRO-LC970BK", 1),
            ("BRO-LC970C", 2),
        ]
        assert operator.saved.cart.codes == ()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_a_new_customer_with_a_landline_only(folder, size) -> None:
    async with resumed(folder, at(NOBODY, Step.CUSTOMER, "find"), size=size) as operator:
        await operator.press(*"Zadkine")
        assert operator.line_with("Personne de ce nom ici. Entrée : nouveau client.")
        await operator.press("enter")
        assert operator.focus == "civility"
        assert operator.app.screen.query_one("#last_name").value == "Zadkine"
        await operator.press("2", "enter", *"Ossip", "enter")
        await operator.press(*"0199004321", "enter", "enter", "enter")
        assert operator.focus == "dwelling"
        await operator.press("m", *"5 rue Z", *["enter"] * 4, *"51100", "enter", "enter")
        assert (operator.step, operator.focus) == ("DeliveryScreen", "is_same")
        assert operator.sees("M OSSIP ZADKINE", "5 RUE Z", "51100 REIMS")
        entry = operator.saved.customer
        assert (entry.customer_id, entry.email, entry.phone) == (None, "", "0199004321")
        assert (entry.person.last_name, entry.person.civility) == ("Zadkine", "m")


async def test_a_number_that_finds_nobody_begins_the_new_file(folder) -> None:
    async with resumed(folder, at(NOBODY, Step.CUSTOMER, "find")) as operator:
        await operator.press(*"0199009999", "enter")
        assert operator.saved.customer.phone == "0199009999"
        assert operator.saved.customer.search == ""
        assert operator.focus == "civility"


async def test_a_flat_without_floor_is_not_deliverable_and_says_so(folder) -> None:
    draft = replace(
        WHOLE, delivery=DeliveryEntry(is_same=False, person=replace(DAUGHTER, inside=""))
    )
    sentence = "Appartement : demandez l'étage, la porte, l'escalier ou le bâtiment."
    async with resumed(folder, at(draft, Step.DELIVERY, "street")) as operator:
        await operator.press("enter")
        assert operator.focus == "inside"
        assert operator.notice == sentence
        await operator.press("enter", "enter")
        assert operator.focus == "place"
        assert operator.notice == sentence
        await operator.press("f6")
        assert operator.sees("F4  ", "Appartement")
        await operator.press("enter")
        assert (operator.step, operator.focus) == ("DeliveryScreen", "inside")
        await operator.press(*"4e", "f6")
        assert "Il manque encore" not in operator.text


async def test_one_commune_is_filled_in_and_several_are_chosen_by_a_digit(folder) -> None:
    person = replace(DAUGHTER, postcode="", city="")
    draft = replace(WHOLE, delivery=DeliveryEntry(is_same=False, person=person))
    async with resumed(folder, at(draft, Step.DELIVERY, "postcode")) as operator:
        await operator.press(*"51100")
        assert operator.saved.delivery.person.city == "Reims"
    async with resumed(
        folder, replace(at(draft, Step.DELIVERY, "postcode"), draft_id=UUID(int=78)), ids_from=3000
    ) as operator:
        await operator.press(*"51300", "enter")
        assert operator.saved.delivery.person.city == ""
        communes = operator.app.live.postal.communes("51300")
        assert len(communes) > 4
        second = list(dict.fromkeys(commune.name for commune in communes))[1]
        assert operator.notice.startswith("1 ")
        assert f"2 {second}" in operator.notice
        await operator.press("2")
        assert operator.saved.delivery.person.city == second
        assert operator.app.screen.query_one("#city").value == second


async def test_the_list_of_communes_is_a_help_never_a_wall(folder) -> None:
    person = replace(DAUGHTER, postcode="", city="")
    draft = replace(WHOLE, delivery=DeliveryEntry(is_same=False, person=person))
    async with resumed(folder, at(draft, Step.DELIVERY, "postcode")) as operator:
        await operator.press(*"51999", "enter")
        assert operator.notice == "code postal inconnu : faites-le répéter"
        await operator.press(*"Neuville", "f6")
        assert "Il manque encore" not in operator.text


async def test_back_to_the_same_address_in_one_key(folder) -> None:
    async with resumed(folder, at(WHOLE, Step.DELIVERY, "is_same")) as operator:
        await operator.press("1")
        assert operator.saved.delivery.is_same
        assert operator.saved.delivery.person == DAUGHTER
        assert operator.sees("Le colis part à :", "MME JEANNE DUVAL", "8 RUE DE VESLE")
        assert operator.focus == "instructions"


# --- paying ---------------------------------------------------------------------


@pytest.mark.parametrize("key", ["1", "2"])
async def test_no_link_without_mobile_and_e_mail(folder, key) -> None:
    async with resumed(folder, at(WHOLE, Step.PAYMENT, "ways")) as operator:
        assert operator.text.count("ni mobile ni e-mail : aucun lien ne peut être envoyé") == 2
        await operator.press(key)
        assert operator.notice == "ni mobile ni e-mail : aucun lien ne peut être envoyé"
        assert operator.saved.payment_method is PaymentMethod.CHEQUE
        await operator.press("up", "up", "up", "up", "enter")
        assert operator.step == "PaymentScreen"


async def test_a_link_goes_by_the_channel_that_was_chosen(folder) -> None:
    reachable = replace(WHOLE.customer, phone="0639981234", email="jeanne@example.org")
    draft = replace(WHOLE, customer=reachable, payment_method=None)
    async with resumed(folder, at(draft, Step.PAYMENT, "ways")) as operator:
        await operator.press("1")
        assert operator.saved.payment_method is PaymentMethod.CARD_LINK
        assert operator.line_with("lien envoyé par : • SMS / e-mail")
        await operator.press("s")
        assert operator.line_with("lien envoyé par : SMS / • e-mail")
        assert operator.saved.link_channel is LinkChannel.EMAIL
        await operator.press("enter")
        assert operator.step == "ReadBackScreen"


async def test_each_way_says_what_its_date_depends_on(folder) -> None:
    async with resumed(folder, at(WHOLE, Step.PAYMENT, "ways")) as operator:
        assert operator.line_with("bon de commande").endswith(
            "si le chèque arrive au plus tard le lun. 30 nov."
        )
        assert operator.line_with("sous 1 à 4 jours").endswith(
            "si le virement arrive au plus tard le ven. 27 nov."
        )
        await operator.press("3")
        assert operator.saved.payment_method is PaymentMethod.TRANSFER
        assert operator.line_with("43,83\u00a0€ TTC").endswith("départ au plus tard mar. 1er déc.")
