"""Against a receiver on loopback that checks every signature: what arrives, what is refused, what stays unknown."""

import base64
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from pipelines.deliveries import deliver
from pipelines.deliveries.webhook import Webhook, retry_after, signed
from pipelines.ledger.deliveries import Deliveries
from tests.pipelines.deliveries.threads import PDF
from tests.pipelines.deliveries.threads import thread as slack_thread
from tests.pipelines.deliveries.webhook_server import KEY, SECRET, Answer, WebhookServer


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    started = WebhookServer()
    yield started
    started.stop()


def hook(secret: str = SECRET, timeout: float = 10) -> Webhook:
    return Webhook(SecretStr(secret), timeout, retry_seconds=0.01)


def thread(server: WebhookServer, *users: str, report: str = "daily"):
    return replace(slack_thread(*users, report=report), channel=server.url)


def test_the_signature_is_that_of_the_standard():
    """The example of standardwebhooks.com, which its libraries are tested with."""
    secret = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_thread_arrives_once_with_its_files_and_a_second_run_sends_nothing(ledger, server):
    outcome = deliver(ledger, hook(), thread(server, "ann"))
    assert (outcome.counts, outcome.problems) == ({"sent": 2}, ())
    (first_id, first), (_, reply) = server.taken
    assert first["type"] == "trailhouse.message" and first["data"]["text"] == "41 new sign-ups"
    assert base64.b64decode(first["data"]["files"][0]["content_base64"]) == PDF
    assert (reply["data"]["parent"], reply["data"]["person"]) == (first_id, "web/user/ann")
    assert deliver(ledger, hook(), thread(server, "ann")).sent_now == 0 and len(server.taken) == 2


def test_another_secret_is_refused_for_good(ledger, server):
    outcome = deliver(ledger, hook("another"), thread(server, "ann"))
    assert outcome.counts == {"failed": 1, "planned": 1}
    assert "401 Unauthorized" in outcome.problems[0] and "trailhouse deliveries retry" in outcome.problems[0]
    assert deliver(ledger, hook(), thread(server, "ann")).sent_now == 0 and len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 404, 410, 301, 307])
def test_what_another_try_would_not_change_is_not_tried_again(ledger, server, status):
    server.answers = [Answer(status, headers={"location": server.url})]
    assert deliver(ledger, hook(), thread(server)).counts == {"failed": 1} and len(server.asked) == 1


@pytest.mark.parametrize("status", [500, 503, 408])
def test_what_was_not_taken_is_tried_again_under_the_same_id(ledger, server, status):
    server.answers = [Answer(status), Answer(status)]
    assert deliver(ledger, hook(), thread(server)).is_complete
    assert len({each["webhook-id"] for each in server.asked}) == 1 and len(server.asked) == 3


def test_a_429_is_waited_for_as_long_as_it_asks(ledger, server):
    server.answers = [Answer(429, headers={"retry-after": "1"})]
    started = time.monotonic()
    assert deliver(ledger, hook(), thread(server)).is_complete and time.monotonic() - started >= 1


def test_one_that_asks_for_an_hour_is_left_to_the_next_run(ledger, server):
    server.answers = [Answer(429, headers={"retry-after": "3600"})]
    assert deliver(ledger, hook(), thread(server)).counts == {"failed": 1}
    assert deliver(ledger, hook(), thread(server)).is_complete and len(server.asked) == 2


def test_retry_after_has_seconds_or_a_date():
    at = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
    said = ["7", "Thu, 26 Nov 2026 08:01:00 GMT", "Thu, 26 Nov 2026 07:00:00 GMT", "soon", "", "-1", "²"]
    assert [retry_after(each, at) for each in said] == [7, 60, 0, 0, 0, 0, 0]


def test_a_receiver_that_is_not_there_is_a_known_failure(ledger, server):
    server.stop()
    outcome = deliver(ledger, hook(), thread(server))
    assert outcome.counts == {"failed": 1} and "cannot be reached (ConnectError)" in outcome.problems[0]


UNKNOWN = [
    Answer(mode="drop_before"),
    Answer(mode="drop_after"),
    Answer(mode="hang_after", seconds=1.0),
    Answer(502),
    Answer(504),
]


@pytest.mark.parametrize("answer", UNKNOWN, ids=[each.mode or str(each.status) for each in UNKNOWN])
def test_without_an_answer_that_tells_it_stays_unknown_and_visible(ledger, server, answer):
    server.answers = [answer]
    outcome = deliver(ledger, hook(timeout=0.3), thread(server, "ann"))
    assert outcome.counts == {"unknown": 1, "planned": 1}
    for _ in range(2):
        again = deliver(ledger, hook(), thread(server, "ann"))
        assert again.counts == outcome.counts and again.problems == outcome.problems
    assert "trailhouse deliveries confirm" in outcome.problems[0] and len(server.asked) == 1


def test_what_was_forgotten_is_sent_again_under_another_id(ledger, server):
    server.answers = [Answer(mode="drop_after")]
    deliver(ledger, hook(), thread(server))
    deliveries = Deliveries(ledger)
    deliveries.forget(deliveries.chosen())
    assert deliver(ledger, hook(), thread(server)).is_complete
    assert len({each for each, _ in server.taken}) == 2


def test_no_log_row_or_outcome_holds_the_secret(ledger, server, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    server.answers = [Answer(), Answer(500), Answer(), Answer(400), Answer(mode="drop_after")]
    channel = hook()
    said = [repr(deliver(ledger, channel, thread(server, report=f"r{number}"))) for number in range(4)]
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for canary in (SECRET, SECRET[6:], KEY.decode()):
        assert canary not in "\n".join([*said, caplog.text, repr(vars(channel))]) and canary.encode() not in files
    assert len(server.asked) == 5
