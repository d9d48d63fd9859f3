"""What Dagster shows of a report's steps: figures, a picture of the first page, what became of the parts."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence

import dagster as dg

from pipelines.deliveries import Outcome
from pipelines.orchestration.preview import markdown
from pipelines.reports.numbers import Numbers
from pipelines.reports.work import DrawnPages

SHOWN_ROWS = 5


def shown_numbers(numbers: Numbers) -> Mapping[str, dg.MetadataValue]:
    rows = sum(len(each) for each in numbers.rows.values())
    previews = {
        f"rows of {query}": dg.MetadataValue.md(_preview(found)) for query, found in numbers.rows.items() if found
    }
    late = ", ".join(numbers.late) or "none"
    about = {"dagster/row_count": dg.MetadataValue.int(rows), "late sources": dg.MetadataValue.text(late)}
    about["as_of"] = dg.MetadataValue.timestamp(numbers.as_of)
    return about | {"ledger position": dg.MetadataValue.int(numbers.ledger_position)} | previews


def _preview(rows: Sequence[Mapping]) -> str:
    return markdown(list(rows[0]), [list(row.values()) for row in rows[:SHOWN_ROWS]])


def shown_pages(drawn: DrawnPages) -> Mapping[str, dg.MetadataValue]:
    about = {
        "PDFs": dg.MetadataValue.int(len(drawn.page_counts)),
        "pages": dg.MetadataValue.int(sum(drawn.page_counts.values())),
        "folder": dg.MetadataValue.path(str(drawn.folder)),
    }
    if drawn.failures:
        about["could not be drawn"] = dg.MetadataValue.md("\n".join(f"- {each}" for each in drawn.failures.values()))
    if drawn.page_counts:
        about["first page"] = dg.MetadataValue.md(_picture(drawn))
    return about


def _picture(drawn: DrawnPages) -> str:
    from pipelines.pdf.pages import pictures  # not where definitions are loaded

    pdf = (drawn.folder / next(iter(drawn.page_counts))).read_bytes()
    (png,) = pictures(pdf, most=1)
    return f"![first page](data:image/png;base64,{base64.b64encode(png).decode()})"


def shown_delivery(outcomes: Sequence[Outcome]) -> Mapping[str, dg.MetadataValue]:
    counts = sum((Counter(each.counts) for each in outcomes), Counter())
    about = {state: dg.MetadataValue.int(count) for state, count in sorted(counts.items())}
    about["messages"] = dg.MetadataValue.int(len(outcomes))
    about["sent now"] = dg.MetadataValue.int(sum(each.sent_now for each in outcomes))
    problems = [problem for each in outcomes for problem in each.problems]
    return about | ({"problems": dg.MetadataValue.md("\n".join(f"- {each}" for each in problems))} if problems else {})
