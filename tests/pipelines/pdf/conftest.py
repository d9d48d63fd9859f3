from collections.abc import Iterator

import pytest

from pipelines.pdf.painter import Painter


@pytest.fixture(scope="package")
def painter() -> Iterator[Painter]:
    """One child for many tests, because its imports cost seconds."""
    with Painter() as painter:
        yield painter
