"""What a player reads diagnoses nobody, and every text that was sent can be found again."""

import pytest

from shared.protection.decide import plan_of
from shared.protection.model import LEVELS
from shared.protection.policy import POLICIES, TITLES
from shared.protection.texts import TEMPLATES, TEXTS, VERSION, Wording, wording
from shared.protection.words import NEVER_WRITTEN, WATCHED, flags_of, never_written_in, plain

NUMBERS = {
    "minutes": "12",
    "days": "3",
    "loss": "R$ 10,00",
    "usual_loss": "R$ 5,00",
    "central_register": "https://www.gov.br/autoexclusaoapostas",
}
WORDINGS = [
    (f"{name} {version} {language}", text)
    for (name, version), by_language in TEXTS.items()
    for language, text in by_language.items()
]


@pytest.mark.parametrize(("name", "text"), WORDINGS, ids=[name for name, _ in WORDINGS])
def test_no_text_diagnoses_or_names_a_level_or_score(name: str, text: Wording) -> None:
    written = f"{text.title} {text.body}"
    assert never_written_in(written) == (), name
    assert not any(f" {level} " in plain(written) for level in LEVELS)
    assert not any(marker in written for marker in TITLES)


@pytest.mark.parametrize(("name", "text"), WORDINGS, ids=[name for name, _ in WORDINGS])
def test_every_place_of_a_text_is_filled_by_a_number_that_is_stored(
    name: str, text: Wording
) -> None:
    assert "\u2013" not in text.filled(NUMBERS).body
    assert "{" not in text.filled(NUMBERS).body


def test_both_languages_have_every_template_in_the_version_that_is_sent() -> None:
    for name in TEMPLATES:
        assert set(TEXTS[(name, VERSION)]) == {"pt-BR", "en"}


def test_every_action_of_the_policy_has_its_text() -> None:
    plans = [plan_of(level, POLICIES[-1], None) for level in LEVELS[1:]]
    assert [plan.template for plan in plans if plan] == list(TEMPLATES)


def test_the_linter_finds_a_diagnosis_in_any_spelling() -> None:
    for bad in (
        "Você está VICIADO em apostas",
        "sinais de dependência",
        "you may be an addict",
        "a gambling disorder",
        "your risk score is 80",
        "jogo compulsivo",
        "ludopatia",
    ):
        assert never_written_in(bad), bad
    assert never_written_in("Seus números dos últimos 7 dias") == ()


def test_the_offer_of_a_critical_level_names_the_central_register() -> None:
    text = wording("pause", VERSION, "pt-BR").filled(NUMBERS)
    assert NUMBERS["central_register"] in text.body
    assert "autoexcluir" in text.body


def test_a_number_that_was_not_stored_is_a_dash() -> None:
    assert "jogou \u2013 minutos" in wording("activity", VERSION, "pt-BR").filled({}).body


@pytest.mark.parametrize(
    ("message", "flags"),
    [
        ("Não consigo parar de jogar", ("harm_words",)),
        ("I can\u2019t  stop", ("harm_words",)),
        ("Quero meu dinheiro de volta, perdi tudo!", ("harm_words", "lost_money")),
        ("me dá um bônus por favor", ("bonus_begging",)),
        ("Como verifico meu endereço?", ()),
    ],
)
def test_contacts_are_flagged_by_their_words(message: str, flags: tuple[str, ...]) -> None:
    assert flags_of(message) == flags


def test_the_lists_are_written_as_they_are_compared() -> None:
    entries = [*NEVER_WRITTEN, *(entry for entries in WATCHED.values() for entry in entries)]
    assert [entry for entry in entries if plain(entry) != entry] == []
    assert list(NEVER_WRITTEN) == sorted(set(NEVER_WRITTEN))
