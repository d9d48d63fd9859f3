"""Chance is the same everywhere and has the shape that its tables say."""

from simulator.dice import Dice, Weighted


def test_a_stream_is_the_same_on_every_python() -> None:
    dice = Dice(7, "person", 1)
    assert [dice.between(1, 1000) for _ in range(5)] == [633, 984, 945, 631, 724]
    assert dice.identifier("a-") == "a-ff1ad53e7b11d25b"


def test_streams_of_different_names_differ() -> None:
    assert Dice(7, "person", 1).random() != Dice(7, "person", 2).random()


def test_values_lie_along_their_quantiles() -> None:
    dice = Dice("quantiles")
    values = sorted(dice.along((0, 10, 100)) for _ in range(2000))
    assert 0 <= values[0] < 1 and 95 < values[-1] < 100
    assert 8 < values[1000] < 14


def test_weights_are_shares() -> None:
    dice, table = Dice("weights"), Weighted({"often": 9, "seldom": 1, "never": 0})
    drawn = [dice.draw(table) for _ in range(2000)]
    assert 100 < drawn.count("seldom") < 300
    assert "never" not in drawn
