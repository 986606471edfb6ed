-- The wide rows that need care, read from the reports once: those that a later delivery replaced, and the latest of funds that stand in
-- several lists or programmes.
select
    report.*,
    identity.fund_id,
    ranked.revision_number,
    ranked.is_latest
from {{ ref('int_fund_report_keyed') }} as report
inner join {{ ref('int_fund_report_rank') }} as ranked
    on report.delivery_id = ranked.delivery_id and report.row_number = ranked.row_number and report.sheet = ranked.sheet
inner join {{ ref('int_fund_identity') }} as identity on report.source_fund_key = identity.source_fund_key
where (ranked.is_latest and ranked.is_shared) or (not ranked.is_latest and ranked.revision_number is not null)
