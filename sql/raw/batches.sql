-- One row per ingested batch: how many records it read, and where each of them went.
--
-- grain: batch
-- view: yes
-- check: every record is accounted for | records_in = accepted + duplicate_same + duplicate_conflict + quarantined + blank
-- column: batch | number of the batch; the ledger position
-- column: kind | ingest; reingest of a received day; replay of quarantine: then quarantined and duplicate_conflict stayed as they were
-- column: as_of | the batch's recorded time, UTC: what 'now' means to the numbers computed after it
-- column: committed_at | when the ledger acknowledged it, UTC
-- column: records_in | records read, blank lines included
-- column: accepted | records that became events
-- column: duplicate_same | records whose event was known with the same payload
-- column: duplicate_conflict | records whose event id was known with another payload; they are in quarantine
-- column: quarantined | records refused with a reason
-- column: blank | empty lines
select
    batch,
    kind,
    make_timestamptz(as_of) as as_of,
    make_timestamptz(committed_at) as committed_at,
    records_in,
    accepted,
    duplicate_same,
    duplicate_conflict,
    quarantined,
    blank
from ledger.batches
