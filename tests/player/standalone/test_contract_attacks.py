"""The attack tables of the contract, answered by its JavaScript in one page of real Chromium."""

from __future__ import annotations

import json

from tests.doors import offers
from tests.player.standalone.contract_page import contract_page, needs_chromium, verdict
from tests.playlists import attacks_bytes, attacks_keys, attacks_signatures, attacks_versions

pytestmark = needs_chromium
ROWS = (*attacks_bytes.ROWS, *attacks_keys.ROWS, *attacks_signatures.ROWS, *attacks_versions.ROWS)
ONLY_THE_SERVERS = {"plays"}  # a player writes plays and never reads them


def test_every_attack_gets_the_answer_of_the_table_and_every_right_document_the_same_state() -> None:
    table = [offer for offer in offers(*ROWS) if offer.door not in ONLY_THE_SERVERS]
    with contract_page() as page:
        answers = page.offered(table)
    wrong = [
        f"{offer.name}: {json.dumps(answer)[:300]}"
        for offer, answer in zip(table, answers, strict=True)
        if answer != ({"refused": offer.answer} if offer.answer else verdict(offer))
    ]
    assert not wrong, "\n".join(wrong)
