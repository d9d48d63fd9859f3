"""Publishes one after the other, killed at every step, while readers go on: none fails, and none sees two generations."""

import random
from pathlib import Path

import pytest

from pipelines.published.files import standing
from tests.faults.figures import Figures, assert_noticed
from tests.faults.kills import of_every_kind
from tests.faults.rig import Victims
from tests.pipelines.published.readers import ONE, TWO, as_the_plugin, asking_a_new_catalog, asking_postgres, reading
from tests.pipelines.published.small import database, rows
from tests.pipelines.published.victim import TABLES, Order, publish

MANY, SOME, FEW = 130_000, 20_000, 200  # rows: the engine reads the many in two threads


def through_kills(victims: Victims, figures: Figures, rounds: int, many: int = SOME, breaks: str | None = None) -> None:
    """Each round publishes the next generation, and most die on the way."""
    folder, dice = Path(victims.restore(None)), random.Random(figures.seed)
    published = folder / "published"
    publish(folder, 1, many)
    labels = victims.run(Order(str(folder), 2, many))["labels"]
    with as_the_plugin(published) as instance:
        held = instance.cursor()
        asks = {
            "a connection that stays": (lambda query: held.execute(query).fetchall()[0], ONE),
            "a new connection": (lambda query: instance.cursor().execute(query).fetchall()[0], ONE),
            "a new catalog": (asking_a_new_catalog(published), ONE),
        }
        with reading(figures, asks, many):
            for generation in range(3, rounds + 3):
                step = dice.randint(1, len(labels) + 5)  # some come to their end
                victims.kill(Order(str(folder), generation, many, die_at=step, breaks=breaks))
                figures.points += 1
    victims.run(Order(str(folder), rounds + 3, many))
    said = {name: each.generation for name, each in standing(published).items()}
    torn = [f"{said} stand there"] if said != dict.fromkeys(TABLES, rounds + 3) else []
    figures.tear("the next publish", torn)


def test_readers_see_one_generation_through_a_hundred_publishes_and_kills(publishers, report):
    figures = Figures("readers through publishes and kills", seed=20261129)
    through_kills(publishers, figures, 100)
    report(figures)


@pytest.mark.soak
def test_readers_see_one_generation_through_a_thousand(publishers, lasting_report):
    figures = Figures("readers through publishes and kills", seed=12)
    through_kills(publishers, figures, 1000, MANY)
    lasting_report(figures)


def test_a_publish_in_place_is_noticed(publishers):
    figures = Figures("control publish_in_place")
    through_kills(publishers, figures, 5, breaks="publish_in_place")
    assert_noticed(figures)


def killed_in_postgres(victims: Victims, figures: Figures, url: str, share: float, breaks: str | None = None) -> None:
    """A publish is killed at a step, and the next one brings the whole generation; readers read both tables at once."""
    folder = Path(victims.restore(None))
    dice, orders = random.Random(figures.seed), []
    for generation in (1, 2, 3):  # the second by parts, the third whole
        publish(folder, generation, FEW)
        labels = victims.run(Order(str(folder), generation, FEW, url))["labels"]
        steps = of_every_kind(labels, share, dice) if generation > 1 else []
        orders += [(generation % 2, step, labels[step - 1]) for step in steps]
    with asking_postgres(url) as ask, reading(figures, {"a reader": (ask, TWO)}, FEW):
        for is_whole, step, label in orders:
            before, generation = generation, generation + (1 if generation % 2 != is_whole else 2)
            publish(folder, generation, FEW)
            figures.points += victims.kill(Order(str(folder), generation, FEW, url, die_at=step, breaks=breaks))
            found = rows(url, TWO)[0]
            if found[:2] != (1, FEW) or found[2] not in (before, generation):
                figures.tear(f"after step {step}, {label}", [str(found)])
            victims.run(Order(str(folder), generation, FEW, url))
            if rows(url, TWO) != [(1, FEW, generation)]:
                figures.tear(f"the run after step {step}", [str(rows(url, TWO))])


def test_a_publish_to_postgresql_that_is_killed_has_happened_whole_or_not_at_all(publishers, postgres, report):
    figures = Figures("killed at steps of every kind of a publish to PostgreSQL", seed=20261129)
    with database(postgres) as url:
        killed_in_postgres(publishers, figures, url, share=0.1)
    report(figures)


@pytest.mark.soak
def test_a_publish_to_postgresql_killed_at_every_step(publishers, postgres, lasting_report):
    figures = Figures("killed at every step of a publish to PostgreSQL", seed=13)
    with database(postgres) as url:
        killed_in_postgres(publishers, figures, url, share=1)
    lasting_report(figures)


def test_a_publish_without_a_transaction_is_noticed(publishers, postgres):
    figures = Figures("control commit_each_statement")
    with database(postgres) as url:
        killed_in_postgres(publishers, figures, url, share=0, breaks="commit_each_statement")
    assert_noticed(figures)
