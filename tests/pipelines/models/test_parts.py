"""A table that is made a part at a time is refused like any other when one of its parts cannot be bound."""

import pytest

from assets.journeys import rule_actions
from pipelines.models.header import ModelError
from pipelines.settings import Settings
from pipelines.warehouse import load_house


def test_a_later_part_that_cannot_be_bound_is_refused(monkeypatch):
    monkeypatch.setattr(rule_actions, "PAIRED", rule_actions.PAIRED.replace("pairs.outcome", "pairs.outcom"))
    with pytest.raises(ModelError, match=r"rule_actions\.py:.*outcom"):
        load_house(Settings())
