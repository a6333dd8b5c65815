"""A player at the page: what a person does with mouse and keyboard, step by step."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from e2e import people
from e2e.edge import Edge
from e2e.player import Caller, own_address, staff
from e2e.player import expect as expect_answer
from playwright.sync_api import Locator, Page, WebSocketRoute, expect
from unit.compliance.files import jpeg

PASSWORD: Final = "uma frase bem comprida 7"
ADDRESS: Final = {
    "postal_code": "01310-100",
    "street": "Avenida Paulista",
    "number": "1000",
    "district": "Bela Vista",
    "city": "São Paulo",
}


class Player:
    """One person with an e-mail address of their own, at one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.email = f"player-{secrets.token_hex(8)}@example.com"
        self.player_id = ""

    def field(self, form: str, name: str) -> Locator:
        return self.page.locator(f'#{form} [name="{name}"]')

    def next_step(self) -> None:
        self.page.locator("#step-next").click()

    def fill_access(self) -> None:
        self.field("sign-up", "email").fill(self.email)
        self.field("sign-up", "password").fill(PASSWORD)
        self.next_step()

    def fill_person(self) -> None:
        self.field("sign-up", "full_name").fill("Ana de Souza")
        self.field("sign-up", "cpf").fill(people.cpf())
        self.field("sign-up", "birth_date").fill("1990-05-17")
        self.field("sign-up", "phone").fill("11 91234-5678")
        self.field("sign-up", "gender").select_option("female")
        self.next_step()

    def fill_address(self) -> None:
        for name, value in ADDRESS.items():
            self.field("sign-up", f"address.{name}").fill(value)
        self.field("sign-up", "address.state").select_option("SP")
        self.next_step()

    def fill_limits(self) -> None:
        self.field("sign-up", "loss_amount").fill("1.000,00")
        self.field("sign-up", "time_minutes").fill("120")
        self.field("sign-up", "accept_terms").check()
        self.field("sign-up", "accept_privacy").check()
        self.next_step()

    def sign_up(self) -> None:
        self.fill_access()
        self.fill_person()
        self.fill_address()
        with self.page.expect_response("**/v1/players") as registered:
            self.fill_limits()
        self.player_id = registered.value.json()["player_id"]
        expect(self.page.locator("#view-wallet")).to_be_visible()

    def be_identified(self, edge: Edge) -> None:
        """Sends a selfie from the page, and an analyst approves it."""
        self.open("documents")
        photo = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
        self.page.locator("#document-selfie-file").set_input_files(photo)  # type: ignore[arg-type]
        self.page.locator("#document-selfie [type=submit]").click()
        expect(self.page.locator("#document-selfie-told")).not_to_be_empty()
        with edge.client() as client:
            path = f"/v1/ops/kyc/{self.player_id}/decision"
            approval = {"decision": "approve", "reason": "looked at it"}
            expect_answer(staff(client, "kyc").post(path, approval), 200)
        self.open("wallet")

    @contextmanager
    def elsewhere(self, edge: Edge) -> Iterator[Caller]:
        """The same person on another device, which speaks HTTP."""
        headers = own_address()
        credentials = {"email": self.email, "password": PASSWORD}
        with edge.client() as client:
            answer = client.post("/v1/auth/login", json=credentials, headers=headers)
            token = expect_answer(answer, 200)["access_token"]
            yield Caller(client, {**headers, "Authorization": f"Bearer {token}"})

    def log_in(self) -> None:
        self.page.locator("#tab-log-in").click()
        self.field("log-in", "email").fill(self.email)
        self.field("log-in", "password").fill(PASSWORD)
        self.page.locator("#log-in [type=submit]").click()

    def open(self, section: str) -> None:
        self.page.locator(f'.sections a[href="#/{section}"]').click()
        expect(self.page.locator(f"#view-{section}")).to_be_visible()

    def ask_for_deposit(self, amount: str) -> None:
        self.page.locator("#deposit-amount").fill(amount)
        self.page.locator("#deposit [type=submit]").click()
        expect(self.page.locator("#charge")).to_have_attribute("data-status", "pending")

    def pay_deposit(self) -> None:
        self.page.locator("#sandbox-pay").click()
        expect(self.page.locator("#charge")).to_have_attribute("data-status", "credited")

    def choose(self, *, chance: int, stake: str, over: bool = False) -> None:
        self.page.locator("#target").fill(str(chance))
        self.page.locator(f'#bet [name="over"][value="{str(over).lower()}"]').check()
        self.page.locator("#stake").fill(stake)

    def bet(self) -> str:
        """Bets what was chosen; the sentence that tells the result."""
        rounds = self.page.locator("#sitting-rounds")
        before = int(rounds.inner_text())
        self.page.locator("#bet-button").click()
        expect(rounds).to_have_text(str(before + 1))
        expect(self.page.locator("#bet-button")).not_to_have_attribute("aria-busy", "true")
        return self.page.locator("#roll-line").inner_text()

    def balance_minor(self) -> int:
        """The balance in the header, as it is written."""
        return minor(self.page.locator("#chip-balance").inner_text())


def without_sockets(page: Page) -> None:
    """From now on no socket of live play opens, so that every bet goes over HTTP."""

    def refuse(socket: WebSocketRoute) -> None:
        socket.close(code=4408, reason="replaced")

    page.route_web_socket("**/v1/play", refuse)


def minor(text: str) -> int:
    """Minor units of an amount as the page writes it."""
    digits = int(re.sub(r"\D", "", text))
    return -digits if "\u2212" in text else digits
