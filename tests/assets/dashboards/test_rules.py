"""Every dashboard keeps every rule, and every rule can be broken."""

from copy import deepcopy

import pytest

from tests.assets.dashboards.rules import boards, files, links, panels, rows, sql, variables
from tests.assets.dashboards.rules.rule import RULES, Rule
from tests.assets.dashboards.shown import boards as shown

MODULES = (boards, files, links, panels, rows, sql, variables)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_all_dashboards_keep(rule: Rule):
    found = {key: list(rule.complaints(board)) for key, board in shown().items()}
    assert {key: complaints for key, complaints in found.items() if complaints} == {}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_one_that_breaks_it_is_found(rule: Rule):
    """Alone with its breach, so that nothing else is complained of."""
    board = shown()["duckdb", "overview"]
    made = deepcopy(board.made)
    rule.breaks(made)
    assert list(rule.complaints(board.edited(made)))


def test_there_are_many():
    assert len({rule.name for rule in RULES}) == len(RULES) >= 30
    assert {rule.complaints.__module__ for rule in RULES} == {module.__name__ for module in MODULES}
