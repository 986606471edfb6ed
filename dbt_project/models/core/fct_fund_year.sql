-- The latest delivered value of each fund, programme and fiscal year.
select
    {{ fund_year_columns() }}
from {{ ref('int_fund_report_keyed') }} as report
inner join {{ ref('int_fund_identity') }} as identity on report.source_fund_key = identity.source_fund_key
left join {{ ref('int_fund_report_rank') }} as ranked
    on report.delivery_id = ranked.delivery_id and report.row_number = ranked.row_number and report.sheet = ranked.sheet
where coalesce(ranked.is_latest, true)
