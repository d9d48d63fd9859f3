"""A missing number is a gap, never zero; charts of nothing say so; the same numbers give the same text."""

import re
from xml.etree import ElementTree

import pytest

from pipelines.pdf import charts


def shapes(svg: str, name: str) -> list[dict[str, str]]:
    return [dict(each.attrib) for each in ElementTree.fromstring(svg).iter() if each.tag.endswith(name)]


def widths(svg: str, colour: str) -> list[float]:
    return [float(box["width"]) for box in shapes(svg, "rect") if box["fill"] == colour]


@pytest.mark.parametrize(
    "svg",
    [
        charts.sparkline([]),
        charts.sparkline([None, None]),
        charts.columns([]),
        charts.columns([None]),
        charts.bar(None),
        charts.movement(None, None, 10),
        charts.stacked([None, 0], ["#000", "#111"]),
        charts.layers([[], []], ["#000", "#111"]),
        charts.layers([[0, None], [None, 0]], ["#000", "#111"]),
    ],
)
def test_a_chart_of_nothing_says_no_data(svg: str):
    assert "no data" in svg and not shapes(svg, "rect") and not shapes(svg, "polyline")


def test_a_gap_parts_a_line_and_a_lone_number_is_a_dot():
    svg = charts.sparkline([1, 2, None, 3, None, 4, 5])
    assert len(shapes(svg, "polyline")) == 2
    assert [float(dot["r"]) for dot in shapes(svg, "circle")] == [1.2, 2.5]


def test_zero_and_equal_numbers_are_drawn():
    assert len(shapes(charts.sparkline([0, 0, 0]), "polyline")) == 1
    assert "no data" not in charts.columns([0, 0])


def test_a_column_is_as_tall_as_its_number_and_a_gap_is_grey():
    boxes = shapes(charts.columns([50, None, 100], height=104), "rect")
    assert [(float(box["height"]), box["fill"] == charts.QUIET) for box in boxes[:3]] == [
        (50, False),
        (1.5, True),
        (100, False),
    ]


def test_a_bar_shows_its_ratio_in_front_of_the_step_before():
    svg = charts.bar(0.25, before=0.5, width=200)
    assert widths(svg, charts.ACCENT) == [50] and widths(svg, charts.SOFT) == [100]


def test_a_ratio_above_one_stays_in_its_bar():
    assert widths(charts.bar(1.7, width=200), charts.ACCENT) == [200]


def test_exits_go_left_and_entries_right_on_one_scale():
    svg = charts.movement(entries=10, exits=5, most=10, width=202)
    assert widths(svg, charts.ACCENT) == [100] and widths(svg, charts.QUIET) == [50]


def test_parts_share_the_whole_width():
    svg = charts.stacked([75, None, 25], ["#1", "#2", "#3"], width=400)
    assert widths(svg, "#1") == [299] and widths(svg, "#2") == [] and widths(svg, "#3") == [99]


def test_colours_go_from_light_to_dark_and_the_quiet_are_grey():
    assert charts.shades([False, True, False]) == [charts.SHADES[0], charts.QUIET, charts.SHADES[2]]


def test_numbers_are_written_with_two_digits():
    assert not re.search(r"\d\.\d{3}", charts.sparkline([1 / 3, 2 / 3, 1 / 7]))


def test_layers_stand_upon_each_other_on_one_scale():
    svg = charts.layers([[30, 10, None], [20, 40, 25]], ["#111", "#222"], width=30, height=54)
    boxes = [(box["fill"], float(box["y"]), float(box["height"])) for box in shapes(svg, "rect")][:-1]
    assert boxes == [("#111", 24, 30), ("#111", 44, 10), ("#222", 4, 20), ("#222", 4, 40), ("#222", 29, 25)]
