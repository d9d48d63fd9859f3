"""Figures as tables: on the terminal, and as the block between the two marks of bench/README.md."""

from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures: `python -m bench --write` -->", "<!-- end of figures -->"


@dataclass(slots=True)
class Figures:
    """One table of texts; `title` is a sentence without its full stop."""

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)

    def print(self, console: Console) -> None:
        table = Table(title=self.title, title_justify="left")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    def markdown(self) -> str:
        rule = ["---", *("---:" for _ in self.columns[1:])]
        lines = [f"| {' | '.join(row)} |" for row in (self.columns, rule, *self.rows)]
        return "\n".join([f"**{self.title}**", "", *lines])


def write_readme(machine: str, tables: list[Figures], readme: Path = README) -> None:
    """Replaces the block of figures. Errors: ValueError when the README has lost its marks."""
    before, _, rest = readme.read_text().partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{readme}: the lines '{BEGIN}' and '{END}' are missing; put them back")
    parts = [BEGIN, machine, *(table.markdown() for table in tables), END]
    readme.write_text(before + "\n\n".join(parts) + after)


def middle(values: list[float]) -> float:
    return float(median(values))


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 100 else f"{value:.0f} s"


def spread(values: list[float]) -> str:
    """'1.20 (1.11 to 1.31)': the median and what lies around it."""
    return f"{middle(values):.2f} ({min(values):.2f} to {max(values):.2f})"
