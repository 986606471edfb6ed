-- Reports of a fund, programme and year that stand more than once, numbered in order of delivery: only those, so that the usual night
-- without restatements ranks nothing. A key that stands twice in one delivery keeps its last row (`revision_number` NULL for the others).
with report as {{ evaluated_once() }} (
    select delivery_id, sheet, row_number, sequence, source_fund_key, programme_code, fiscal_year
    from {{ ref('int_fund_report_keyed') }}
),

repeated as (
    select source_fund_key, programme_code, fiscal_year
    from report
    group by source_fund_key, programme_code, fiscal_year
    having count(*) > 1
),

ordered as (
    select
        report.*,
        lead(report.sequence) over (
            partition by report.source_fund_key, report.programme_code, report.fiscal_year
            order by report.sequence, report.sheet, report.row_number
        ) as next_sequence
    from report
    inner join repeated
        on
            report.source_fund_key = repeated.source_fund_key
            and report.programme_code = repeated.programme_code
            and report.fiscal_year = repeated.fiscal_year
),

numbered as (
    select
        *,
        next_sequence is null as is_latest,
        next_sequence is null or next_sequence <> sequence as counts
    from ordered
)

select
    delivery_id,
    sheet,
    row_number,
    source_fund_key,
    programme_code,
    fiscal_year,
    case
        when counts then cast(
            sum(case when counts then 1 else 0 end) over (
                partition by source_fund_key, programme_code, fiscal_year
                order by sequence, sheet, row_number
                rows between unbounded preceding and current row
            ) as integer
        )
    end as revision_number,
    is_latest
from numbered
