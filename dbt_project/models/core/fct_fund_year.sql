-- The latest value of each fund, programme and fiscal year. Nearly all funds stand in one list: their reports are written here and
-- nowhere else.
select
    identity.fund_id,
    report.programme_code,
    report.fiscal_year,
    true as is_counted_in_all,
    1 as report_count,
    report.source_fund_key,
    coalesce(ranked.revision_number, 1) as revision_number,
    {{ fund_year_columns() }}
from {{ ref('int_fund_report_keyed') }} as report
inner join {{ ref('int_fund_identity') }} as identity on report.source_fund_key = identity.source_fund_key
left join {{ ref('int_fund_report_rank') }} as ranked
    on report.delivery_id = ranked.delivery_id and report.row_number = ranked.row_number and report.sheet = ranked.sheet
where coalesce(ranked.is_latest, true) and not identity.is_shared
union all by name
select * from {{ ref('int_fund_year_merged') }}
