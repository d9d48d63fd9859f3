"""Killed before a call, between call and ledger, and after, while Slack does its worst: nothing is lost, nothing there twice."""

from pathlib import Path

import pytest

from tests.faults.figures import Figures, assert_noticed
from tests.faults.rig import Victims
from tests.slack.fake import Fault
from tests.slack.program import Program
from tests.slack.rig import READ_AS, Sends

pytestmark = pytest.mark.xdist_group("slack")

POST, TICKET, UPLOAD = "chat.postMessage", "files.getUploadURLExternal", "upload"
COMPLETE, INFO, HISTORY = "files.completeUploadExternal", "files.info", "conversations.replies"
HURRY: dict = {"timeout": 1, "settle_seconds": 2.0}  # hangs end it: what is late comes before all has settled
BROKEN = (
    "error_before",
    "error_after",
    "drop_before",
    "drop_after",
    "html_before",
    "html_after",
    "cut_after",
    "unsure_after",
)
ALL = [
    *[Fault(method, mode, skip) for mode in ("limited", *BROKEN) for method, skip in ((POST, 1), (COMPLETE, 0))],
    *[
        Fault(method, mode, seconds=1.3)
        for mode in ("hang_before", "hang_after", "taken_late")
        for method in (POST, COMPLETE)
    ],
    *[Fault(COMPLETE, "never_shares"), Fault(COMPLETE, "shares_late", seconds=0.2)],
    *[
        Fault(method, mode)
        for mode in ("limited", "error_before", "drop_after", "html_before")
        for method in (TICKET, UPLOAD)
    ],
    *[Fault(INFO, mode) for mode in ("error_before", "drop_before", "html_before", "limited")],
]
FEW = [
    each
    for each in ALL
    if each.mode in ("limited", "drop_before", "drop_after", "html_after", "never_shares", "shares_late")
]
FEW = [each for each in FEW if each.method in (POST, COMPLETE)] + [
    Fault(POST, "taken_late", seconds=1.3),
    Fault(UPLOAD, "html_before"),
]


def sends(program: Program, senders: Victims, *faults: Fault, **changes) -> Sends:
    hangs = any(fault.mode.startswith(("hang", "taken")) for fault in faults)
    return Sends(program, senders, faults, **((HURRY if hangs else {}) | changes))


def around(fault: Fault, labels: list[str]) -> list[int]:
    """The steps before the call that goes wrong, between it and the ledger, and after both; from 1."""
    call = [index for index, label in enumerate(labels, 1) if label == f"before {fault.method}"][fault.skip]
    commit = labels.index("after commit", call) + 1
    return [call, labels.index(f"after {fault.method}", call) + 1, commit]


def test_killed_at_every_step_while_slack_is_well(slack, senders, report):
    figures = Figures("send, killed at every step")
    rig = sends(slack, senders)
    rig.at_steps(figures, range(1, len(rig.labels()) + 1))
    assert figures.points > 30
    report(figures)


def test_killed_around_a_call_that_goes_wrong(slack, senders, report):
    figures = Figures("send, killed around a call that goes wrong")
    _all_around(slack, senders, figures, FEW)
    assert figures.points == 4 * len(FEW)
    report(figures)


def test_killed_in_the_middle_of_a_call_that_is_taken_late(slack, senders, report):
    """Slack takes it after the process is gone, perhaps while the next one looks."""
    figures = Figures("send, killed in the middle of a call that is taken late")
    patient = {"timeout": 10, "settle_seconds": 5.0}
    sends(slack, senders, Fault(POST, "taken_late", seconds=2), **patient).after(figures, [0.8, 1.5])
    report(figures)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_killed_around_every_call_that_goes_wrong_in_every_way(slack, senders, lasting_report):
    figures = Figures("send, killed around every call that goes wrong in every way")
    _all_around(slack, senders, figures, ALL)
    assert figures.points == 4 * len(ALL)
    lasting_report(figures)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_killed_at_every_step_while_slack_goes_wrong_in_every_way(slack, senders, lasting_report):
    figures = Figures("send, killed at every step while Slack goes wrong in every way")
    for fault in ALL:
        rig = sends(slack, senders, fault)
        rig.at_steps(figures, range(1, len(rig.labels()) + 1))
    lasting_report(figures)


def _all_around(slack: Program, senders: Victims, figures: Figures, faults: list[Fault]) -> None:
    for fault in faults:
        rig = sends(slack, senders, fault)
        rig.undisturbed(figures)
        rig.at_steps(figures, around(fault, rig.labels()))


CONTROLS = [
    ("send_before_the_ledger_says_so", Fault("", ""), f"after {POST}"),
    ("take_unknown_for_failed", Fault("", ""), f"after {POST}"),
    ("retry_as_the_sdk_does", Fault(POST, "drop_after", skip=1), None),
    ("look_once", Fault(POST, "taken_late", skip=1, seconds=1.3), None),
]


@pytest.mark.parametrize(("breaks", "fault", "label"), CONTROLS, ids=[name for name, *_ in CONTROLS])
def test_a_break_is_noticed(slack, senders, breaks, fault, label):
    figures = Figures(f"control {breaks}")
    rig = sends(slack, senders, fault, breaks=breaks)
    if label is None:
        rig.undisturbed(figures)
    else:
        rig.at_steps(figures, [rig.labels().index(label) + 1])
    assert_noticed(figures)


def test_the_undisturbed_report_is_as_counted_by_hand(slack, senders):
    Sends(slack, senders, []).labels()
    assert slack.arrived() == dict.fromkeys(READ_AS.values(), 1)
    assert slack.control()["calls"] == [POST, TICKET, UPLOAD, COMPLETE, INFO, POST, POST]
    assert Path(senders.place, "report.json").exists()
