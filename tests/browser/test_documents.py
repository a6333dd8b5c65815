"""A player sends documents from the page and reads what became of them."""

import pytest
from browser.accessibility import nameless_fields, violations
from browser.conftest import Device, Language, OpenVisit
from browser.player import Player
from e2e.edge import Edge
from e2e.player import expect as expect_answer
from e2e.player import staff
from playwright.sync_api import FilePayload, Locator, Page, expect
from unit.compliance.files import jpeg, pdf, png


def file(name: str, media: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": media, "buffer": content}


FRONT = file("front.png", "image/png", png(salt=1))
BACK = file("back.png", "image/png", png(salt=2))
SELFIE = file("me.jpg", "image/jpeg", jpeg())


def card(page: Page, kind: str) -> Locator:
    return page.locator(f"#document-{kind}")


def send(page: Page, kind: str, payload: FilePayload, *, camera: bool = False) -> None:
    source = "camera" if camera else "file"
    page.locator(f"#document-{kind}-{source}").set_input_files(payload)
    card(page, kind).locator("[type=submit]").click()


def decide(edge: Edge, player_id: str, body: dict[str, object]) -> None:
    with edge.client() as client:
        analyst = staff(client, "kyc")
        path = f"/v1/ops/kyc/{player_id}/decision"
        expect_answer(analyst.post(path, {"reason": "looked at it"} | body), 200)


@pytest.mark.parametrize(
    ("device", "language", "dark"), [("desktop", "pt-BR", False), ("phone", "en", True)]
)
def test_documents_are_sent_from_a_file_and_from_the_camera_and_decided(
    visit: OpenVisit, edge: Edge, device: Device, language: Language, dark: bool
) -> None:
    opened = visit(edge.base_url, device=device, language=language, dark=dark)
    page = opened.page
    player = Player(page)
    opened.go("/")
    with page.expect_response("**/v1/players") as registered:
        player.sign_up()
    player_id = registered.value.json()["player_id"]
    player.open("documents")
    assert not violations(page)
    assert not nameless_fields(page)
    send(page, "id_front", FRONT)
    expect(page.locator("#document-id_front-state")).to_have_text(
        "Em análise" if language == "pt-BR" else "In review"
    )
    send(page, "id_back", BACK)
    expect(page.locator("#document-id_back-told")).not_to_be_empty()
    send(page, "selfie", SELFIE, camera=True)
    status = page.locator("#kyc-status")
    expect(status).to_contain_text("em análise" if language == "pt-BR" else "being reviewed")
    opened.keep_screenshot("sent")
    assert not violations(page)

    decide(
        edge, player_id, {"decision": "reject", "kinds": ["selfie"], "reason_code": "unreadable"}
    )
    page.reload()
    expect(status).to_have_attribute("data-state", "refuted")
    expect(page.locator("#document-selfie-told")).to_contain_text(
        "mais nítida" if language == "pt-BR" else "sharper"
    )
    opened.keep_screenshot("rejected")
    assert not violations(page)
    send(page, "selfie", file("me2.jpg", "image/jpeg", jpeg(salt=2)))
    expect(page.locator("#document-selfie-state")).not_to_have_attribute("data-state", "refuted")
    decide(edge, player_id, {"decision": "approve"})
    page.reload()
    expect(status).to_have_attribute("data-state", "proven")
    opened.keep_screenshot("approved")
    assert not violations(page)


def test_what_cannot_be_sent_is_said_beside_the_field_and_not_sent(
    visit: OpenVisit, edge: Edge
) -> None:
    opened = visit(edge.base_url)
    page = opened.page
    player = Player(page)
    opened.go("/")
    player.sign_up()
    player.open("documents")
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
    card(page, "selfie").locator("[type=submit]").click()
    expect(card(page, "selfie").locator(".field-message").first).to_contain_text("Escolha")
    for payload, words in (
        (file("me.gif", "image/gif", b"GIF89a"), "JPEG ou PNG"),
        (file("me.png", "image/png", b"x" * (5 * 1024 * 1024 + 1)), "5 MiB"),
    ):
        send(page, "selfie", payload)
        expect(card(page, "selfie").locator(".field-message").first).to_contain_text(words)
    assert not sent
    assert not violations(page)
    opened.expect_errors.add(422)
    send(page, "proof_of_address", file("bill.pdf", "application/pdf", b"no pdf at all"))
    expect(page.locator("#document-proof_of_address-problem")).to_contain_text("não pôde ser lido")
    send(page, "proof_of_address", file("bill.pdf", "application/pdf", pdf()))
    expect(page.locator("#document-proof_of_address-problem")).to_be_hidden()
    expect(page.locator("#document-proof_of_address-state")).to_have_text("Em análise")


def test_nothing_of_one_persons_documents_is_left_for_the_next(
    visit: OpenVisit, edge: Edge
) -> None:
    opened = visit(edge.base_url)
    page = opened.page
    opened.go("/")
    first = Player(page)
    first.sign_up()
    first.open("documents")
    send(page, "id_front", FRONT)
    expect(page.locator("#document-id_front-state")).to_have_text("Em análise")
    page.locator("#document-id_back-file").set_input_files(BACK)
    page.locator("#log-out").click()
    expect(page.locator("#view-welcome")).to_be_visible()
    assert page.locator("#document-id_back-file").input_value() == ""
    opened.go("/")
    Player(page).sign_up()
    page.locator('.sections a[href="#/documents"]').click()
    expect(page.locator("#document-id_front-state")).to_have_text("Não enviado")
