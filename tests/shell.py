"""The commands as a person types them. In this process, where all is loaded already: one of its own costs seconds."""

import io
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

import pytest

from assets.cli.show import console
from pipelines.cli import main


def run_command(environment: Mapping[str, str], *words: str, code: int = 0) -> str:
    """What `trailhouse <words>` writes, to both of its streams. Errors: AssertionError when it ends with another code."""
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    console.width = int(environment.get("COLUMNS", "80"))  # a process of its own would ask the environment at its start
    with (
        patch.dict(os.environ, environment),
        patch.object(sys, "argv", ["trailhouse", *words]),
        redirect_stdout(said),
        redirect_stderr(said),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    said.seek(0)
    text = said.read()
    assert (ended.value.code or 0) == code, text
    return text


def say(*words: str, code: int = 0) -> str:
    """What a command writes in this environment, on one line and without the bars of tables."""
    return " ".join(run_command(os.environ, *words, code=code).replace("│", " ").split())
