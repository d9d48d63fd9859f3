"""The house as this process found it: config and tables, loaded once. Reloading the code location reads them again."""

from pipelines.models import inherit_meanings
from pipelines.settings import Settings
from pipelines.warehouse import load_house

HOUSE = load_house(Settings())
inherit_meanings(HOUSE.models)
