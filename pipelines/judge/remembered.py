"""Files repeat themselves: the same second, the same price, the same country on thousands of lines."""

from collections.abc import Callable
from typing import Any

MOST = 4096


def remembered(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same pure function with its last answers for texts at hand. Errors are not remembered."""
    answers: dict[str, Any] = {}

    def ask(value: Any) -> Any:
        if type(value) is not str:
            return function(value)
        if value in answers:
            return answers[value]
        if len(answers) >= MOST:
            answers.clear()
        answer = answers[value] = function(value)
        return answer

    return ask
