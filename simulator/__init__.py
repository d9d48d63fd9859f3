"""The fictional developer platform of the demo and the tests.

What belongs here: everything that invents events and writes them as the sources `web`, `backend` and `jobs` would,
the platform's own database of projects, and the truth about both. What does not: anything of the warehouse; the
truth would prove nothing if it were computed by what it judges. To read it in order: people, ties, behaviour, jobs,
delivery, files, projects, truth.
Nothing here reads the clock, the machine's zone or the environment, except `demo.demo_until`.
"""

from simulator.errors import SimulationError
from simulator.files import batches
from simulator.run import SimulationSummary, simulate

__all__ = ["SimulationError", "SimulationSummary", "batches", "simulate"]
