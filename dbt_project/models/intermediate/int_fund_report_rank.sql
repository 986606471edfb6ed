-- The reports that are not simply their fund's year: those of a fund and year that were reported more than once, and all of funds that
-- stand in several lists or programmes. Only those, so that the usual night ranks little. A revision is a delivery that speaks of the
-- fund and year; the latest delivery stands, also where it names another programme. A key that stands twice in one delivery keeps its
-- last row (`revision_number` NULL for the others).
with report as {{ evaluated_once() }} (
    select
        report.delivery_id,
        report.sheet,
        report.row_number,
        report.sequence,
        report.source_fund_key,
        report.programme_code,
        report.fiscal_year,
        identity.is_shared
    from {{ ref('int_fund_report_keyed') }} as report
    inner join {{ ref('int_fund_identity') }} as identity on report.source_fund_key = identity.source_fund_key
),

repeated as (
    select source_fund_key, fiscal_year
    from report
    group by source_fund_key, fiscal_year
    having count(*) > 1 or max(case when is_shared then 1 else 0 end) = 1
),

ordered as (
    select
        report.*,
        lead(report.sequence) over (
            partition by report.source_fund_key, report.fiscal_year, report.programme_code
            order by report.sequence, report.sheet, report.row_number
        ) as next_sequence,
        max(report.sequence) over (partition by report.source_fund_key, report.fiscal_year) as last_sequence
    from report
    inner join repeated on report.source_fund_key = repeated.source_fund_key and report.fiscal_year = repeated.fiscal_year
)

select
    delivery_id,
    sheet,
    row_number,
    source_fund_key,
    programme_code,
    fiscal_year,
    is_shared,
    case
        when next_sequence is null or next_sequence <> sequence
            then cast(dense_rank() over (partition by source_fund_key, fiscal_year order by sequence) as integer)
    end as revision_number,
    sequence = last_sequence and next_sequence is null as is_latest
from ordered
