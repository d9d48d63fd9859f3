"""The kernel's own text with one rule broken, run as plain Python."""

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.kernels import funnels, order

PARTS = ("tie_groups", "funnel_steps", "funnel_modes", "funnel_runs", "funnels")
HEAD = "from typing import Any, NamedTuple\n"


def broken_kernel(changes: list[tuple[str, str]]) -> Callable:
    """`funnels.attempts` with old texts replaced by new ones. Errors: AssertionError when one stands nowhere."""
    folder = Path(funnels.__file__).parent
    text = "\n".join(_without_imports((folder / f"{name}.py").read_text(encoding="utf-8")) for name in PARTS)
    for old, new in changes:
        assert old in text, f"the kernel no longer says {old!r}"
        text = text.replace(old, new)
    module: Any = types.ModuleType("broken_funnels")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    module.inlined, module.entry, module.Order = (
        (lambda function: function),
        (lambda _: lambda function: function),
        order.Order,
    )
    exec(HEAD + text, module.__dict__)
    return module.attempts


def _without_imports(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("from pipelines."))
