-- One row per record that was refused, with the reason and its raw bytes.
--
-- grain: quarantine_number
-- view: yes
-- column: quarantine_number | place in the log: batch << 32 | record in the batch
-- column: batch | ledger batch that read the record
-- column: record_id | equal for the same record under any file name or compression
-- column: source | name of the source in config/sources.yaml
-- column: reason | reason code, one of the few in pipelines/envelope.py
-- column: detail | what exactly was wrong, for a person
-- column: file | path of the file it stood in
-- column: record | number of the record in the file, from 1
-- column: line | physical line in the file, from 1
-- column: byte_offset | where the record starts in the decompressed file, bytes
-- column: raw | the record's first 64 KiB, bytes
-- column: raw_size | whole size, bytes
-- column: raw_sha256 | of the whole record
-- column: received_at | when the collector got it, else the batch's time, UTC
-- column: event_id | where the record has one that can be read
-- column: version | version of Trailhouse that judged it
-- column: resolved_in_batch | the replay that judged it right, so that its event is there; null: it is still refused
select
    refused.quarantine_number,
    refused.quarantine_number >> 32 as batch,
    refused.record_id,
    refused.source,
    refused.reason,
    refused.detail,
    refused.file,
    refused.record,
    refused.line,
    refused.byte_offset,
    refused.raw,
    refused.raw_size,
    refused.raw_sha256,
    refused.received_at,
    refused.event_id,
    refused.version,
    resolved.batch as resolved_in_batch
from lake.quarantine as refused
left join ledger.resolved as resolved on resolved.quarantine_number = refused.quarantine_number
