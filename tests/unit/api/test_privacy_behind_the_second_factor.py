"""With a session that was left open nobody takes a person's data, nor has them erased."""

from api_under_test import run
from guarded_people import Guarded
from money_world import MoneyWorld
from services.data_exports import advance_exports

from shared.kernel.times import MINUTE_MS

EXPORTS = "/v1/me/data-exports"
ERASURE = "/v1/me/erasure"


def test_what_takes_data_away_or_erases_them_wants_a_fresh_proof() -> None:
    world = MoneyWorld()
    ana = Guarded(world)
    ana.enrol()
    export_id = ana.send("POST", EXPORTS).json["export_id"]
    while not run(advance_exports(world.house, 0))["exports_ready"]:
        pass
    part = f"{EXPORTS}/{export_id}/parts/1"
    assert ana.send("GET", part).status == 200
    world.clock.advance(11 * MINUTE_MS)
    ana.refresh()
    asked = (("POST", EXPORTS), ("GET", part), ("POST", ERASURE))
    for method, path in asked:
        refused = ana.send(method, path)
        assert (refused.status, refused.code) == (403, "step_up_required"), path
    assert world.rows("SELECT * FROM erasure_requests") == []
    assert ana.prove(ana.phone.code()).status == 200
    assert [ana.send(method, path).status for method, path in asked] == [201, 200, 201]


def test_who_has_no_second_factor_is_asked_for_none() -> None:
    ana = Guarded(MoneyWorld())
    assert ana.send("POST", EXPORTS).status == 201
    assert ana.send("POST", ERASURE).status == 201
