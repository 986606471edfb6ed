-- Delivered values that a later delivery replaced.
select
    report.fund_id,
    report.source_fund_key,
    report.programme_code,
    report.fiscal_year,
    report.revision_number,
    {{ fund_year_columns() }}
from {{ ref('int_fund_report_exception') }} as report
where not report.is_latest
