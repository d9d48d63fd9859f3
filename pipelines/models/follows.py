"""What a table stands on, and whether it can be refreshed the way its header says: what it reads must tell what changed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.models.header import BATCH_COLUMNS, EVENTS, PERSON, ModelError

if TYPE_CHECKING:
    from pipelines.models import Model

DATE, MOMENT = "DATE", "TIMESTAMP WITH TIME ZONE"


def refuse_what_cannot_follow(model: "Model", models: "Mapping[str, Model]") -> None:
    """Call it once the columns of the table and of all that it reads are known. Errors: ModelError."""
    _refuse_columns(model)
    _refuse_promises(model)
    for name in sorted(set(model.header.lookup) - set(model.inputs)):
        _refuse(model, "lookup", f"'lookup:' names {name}, which it does not read")
    for name in sorted(followed(model, models)):
        if name in models:
            _refuse_input(model, models[name])


def reads(model: "Model", models: "Mapping[str, Model]") -> set[str]:
    """The stored tables and base names that a table is made of, those behind its views among them."""
    return set().union(*(behind(name, models) for name in model.inputs))


def followed(model: "Model", models: "Mapping[str, Model]") -> set[str]:
    """Those of which a change is one of the table too. What is only looked up comes with a change of another."""
    return reads(model, models).difference(*(behind(name, models) for name in model.header.lookup))


def behind(name: str, models: "Mapping[str, Model]") -> set[str]:
    """The stored tables and base names that a name stands for: itself, or what its view reads."""
    model = models.get(name)
    return reads(model, models) if model is not None and model.header.view else {name}


def _refuse(model: "Model", key: str, what: str) -> None:
    raise ModelError(model.path, model.header.lines.get(key, 1), what)


def _refuse_columns(model: "Model") -> None:
    header = model.header
    typed = [("date", header.date, DATE), ("moment", header.moment, MOMENT)]
    if header.since:
        typed += [("since", header.since.start, MOMENT), ("since", header.since.until, MOMENT)]
    for key, name, kind in typed:
        if name is not None and model.columns.get(name) != kind:
            _refuse(model, key, f"'{key}:' names '{name}', which is no column of type {kind}")


def _refuse_promises(model: "Model") -> None:
    header = model.header
    if header.since and header.by not in (PERSON, "batch"):
        _refuse(model, "since", "'since:' needs 'by: person_id': it says where a person's rows start again")
    if header.moment and header.since:
        _refuse(model, "moment", "'since:' says when a row starts; remove 'moment:'")
    if header.fold and header.by != "batch":
        _refuse(model, "fold", "'fold:' needs 'by: batch': it says how a new batch is added to what is there")
    if header.fold and set(model.columns) != {*header.grain, *header.fold}:
        _refuse(model, "fold", "every column is in the grain or is folded: min, max or sum")
    if header.by == "local_date" and "local_date" not in header.grain:
        _refuse(model, "by", "'by: local_date' needs local_date in the grain")
    if header.by == PERSON and PERSON not in model.columns:
        _refuse(model, "by", "'by: person_id' needs a column person_id")
    if header.by == PERSON and EVENTS in model.inputs and not BATCH_COLUMNS & set(model.columns):
        _refuse(model, "by", f"a table by person that reads {EVENTS} needs event_number, to find its rows again")


def _refuse_input(model: "Model", read: "Model") -> None:
    by = model.header.by
    if by == "local_date" and read.header.date is None:
        _refuse(
            model, "by", f"it reads {read.name}, which has no 'date:': say there on which local date its rows count"
        )
    if by == PERSON and PERSON not in read.columns:
        _refuse(
            model, "by", f"it reads {read.name}, whose rows do not say whose they are: a change there would be missed"
        )
    if by in (PERSON, "batch") and not model.header.view and read.header.by in (None, "local_date"):
        _refuse(
            model, "by", f"it reads {read.name}, which does not tell what changed for whom; read what that is made of"
        )


def told_by(model: "Model", models: "Mapping[str, Model]") -> frozenset[str]:
    """The stored tables whose log of changes says which of the rows change: of whom, and from which moment on.

    Empty where none says it, so a change may be anywhere in the table.
    """
    if model.header.start is None or PERSON not in model.columns:
        return frozenset()
    names = {name for name in (followed(model, models) if model.header.view else {model.name}) if not _is_config(name)}
    is_told = all(name in models and tells_persons(models[name]) for name in names)
    return frozenset(names if is_told else ())


def _is_config(name: str) -> bool:
    """A change there is another definition."""
    return name.startswith("config.")


def tells_persons(model: "Model") -> bool:
    return model.header.by in (PERSON, "batch") and PERSON in model.columns


def restart_groups(model: "Model", models: "Mapping[str, Model]") -> tuple[str, ...]:
    """The columns of the grain that tell apart rows which restart by themselves: those that what is cut can be told by."""
    cut = [models[name] for name in followed(model, models) if name in models and models[name].header.start]
    return tuple(name for name in model.header.groups if all(name in each.columns for each in cut))
