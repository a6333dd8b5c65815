"""The documented order of rejections, and that the page is what the code says."""

import importlib

from shared.compliance.model import PROFILES, profile_at
from shared.wallet import errors
from shared.wallet.precedence import CALL, PRECEDENCE, WHEN
from shared.wallet.profiles import WITHOUT_RULES, BonusProfile, bonus_profile
from shared.wallet.read_commands import COMMANDS


def test_the_committed_page_is_that_of_the_code() -> None:
    rejections = importlib.import_module("rejections")  # runtime/rejections.py
    assert rejections.PAGE.read_text(encoding="utf-8") == rejections.text()


def test_every_command_has_its_order_and_every_problem_its_when() -> None:
    assert PRECEDENCE.keys() == COMMANDS.keys()
    assert {problem.code for problem in errors.ALL_PROBLEMS} == WHEN.keys()
    listed = {*CALL, *(problem for problems in PRECEDENCE.values() for problem in problems)}
    questions = {errors.UNKNOWN_QUERY, errors.EVENT_NOT_FOUND, errors.EVENT_ARCHIVED}
    assert listed | questions == set(errors.ALL_PROBLEMS)


def test_no_list_names_a_problem_twice() -> None:
    for problems in PRECEDENCE.values():
        assert len(set(problems)) == len(problems)


def test_the_bets_of_the_house_and_of_others_keep_the_contracts_order() -> None:
    for kind in ("play", "bet"):
        kept = [problem for problem in PRECEDENCE[kind] if problem in errors.BET_REJECTIONS]
        assert tuple(kept) == errors.BET_REJECTIONS


def test_the_wallet_and_the_profiles_of_the_law_agree_about_bonus() -> None:
    for code, versions in PROFILES.items():
        rule = profile_at(code, versions[-1].valid_from).bonus
        expected = (
            WITHOUT_RULES
            if rule is None
            else BonusProfile(rule.stake_order, first_bet_first=rule.first_bet_first)
        )
        assert bonus_profile(code) == expected, code
