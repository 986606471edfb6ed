-- Delivered values that a later delivery replaced.
select
    {{ fund_year_columns() }}
from {{ ref('int_fund_report_keyed') }} as report
inner join {{ ref('int_fund_identity') }} as identity on report.source_fund_key = identity.source_fund_key
inner join {{ ref('int_fund_report_rank') }} as ranked
    on report.delivery_id = ranked.delivery_id and report.row_number = ranked.row_number and report.sheet = ranked.sheet
where not ranked.is_latest and ranked.revision_number is not null
