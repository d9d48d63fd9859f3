"""The templates of messages."""

from datetime import UTC, datetime

import pytest

from pipelines.reports.messages import render
from pipelines.reports.numbers import ReportError


def test_a_message_is_plain_text_in_the_zone_of_the_report():
    at = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert render("{{ n | number }} <b> & {{ t }} {{ at | minute }}", "Europe/Berlin", n=1000, t="<i>", at=at) == (
        "1,000 <b> & <i> 2026-10-25 02:30"
    )


def test_a_wrong_name_is_no_empty_place():
    with pytest.raises(ReportError, match="nothing"):
        render("{{ nothing }}", "UTC")
