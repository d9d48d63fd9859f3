"""Mends rows of an outside database that are in a state that cannot be, on demand; it knows no table by name.

found = look(settings, name, corrector)            # what would change: nothing is written, nothing could be
done = correct(settings, name, corrector, by=who)  # the same, in one transaction, with an audit row each
"""

from pipelines.correctors.correct import Correction, Found, correct, look
from pipelines.correctors.outside import CorrectorError

__all__ = ["Correction", "CorrectorError", "Found", "correct", "look"]
