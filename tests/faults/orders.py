"""How a process that only forks takes its orders: a line of JSON each, on its standard input.

Modules are loaded once, and each order is obeyed, and perhaps killed, in a child of its own. `{"wait": process}` answers with
how that child ended, everything else with the child's number.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any


def serve_orders(obey: Callable[[Mapping[str, Any]], None]) -> None:
    """Until the input ends. obey: is given the order as it came; what it raises ends the child with 3."""
    print("ready", flush=True)
    for line in sys.stdin:
        said = json.loads(line)
        answer = _wait(said["wait"]) if "wait" in said else _fork(obey, said)
        print(json.dumps(answer), flush=True)


def _wait(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _fork(obey: Callable[[Mapping[str, Any]], None], said: Mapping[str, Any]) -> int:
    if process := os.fork():
        return process
    code = 3
    try:
        sys.stdin.close()
        os.dup2(2, 1)  # the answers are the server's
        obey(said)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
