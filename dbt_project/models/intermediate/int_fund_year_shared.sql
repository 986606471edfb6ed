-- The years of funds that stand in several lists or programmes, one row an agency's report, put in order of preference within the fund,
-- programme and year: the programme's owner first, then the latest delivery.
with report as (
    select
        report.fund_id,
        report.source_fund_key,
        report.programme_code,
        report.fiscal_year,
        report.sequence,
        report.revision_number,
        coalesce(report.agency_code = programme.owner_agency, false) as is_owner,
        coalesce(programme.preference, 2147483647) as programme_preference,
        {{ fund_year_columns() }}
    from {{ ref('int_fund_report_exception') }} as report
    left join {{ source('ref', 'programme') }} as programme on report.programme_code = programme.programme_code
    where report.is_latest
)

select
    *,
    row_number() over (
        partition by fund_id, programme_code, fiscal_year
        order by is_owner desc, sequence desc, source_fund_key asc
    ) as preference_rank,
    -- where the fund lies: the first that could be placed
    row_number() over (
        partition by fund_id, programme_code, fiscal_year
        order by tambon_code is null asc, is_owner desc, sequence desc, source_fund_key asc
    ) as place_rank,
    count(*) over (partition by fund_id, programme_code, fiscal_year) as report_count
from report
