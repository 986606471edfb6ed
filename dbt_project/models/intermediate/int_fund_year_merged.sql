-- The same years put together: one row a fund, programme and year, each value from the first agency that gives it. Exactly one of a
-- fund's rows of a year is counted in sums over all programmes: one with accounts, then one that its programme's owner reports, then the
-- order of fields.yml.
with merged as (
    select
        fund_id,
        programme_code,
        fiscal_year,
        min(programme_preference) as programme_preference,
        max(case when is_owner and reporting_status = 'reported' then 1 else 0 end) as owner_reports,
        max(case when reporting_status = 'reported' then 1 else 0 end) as anyone_reports,
        cast(max(report_count) as integer) as report_count,
        {{ merged_columns() }}
    from {{ ref('int_fund_year_shared') }}
    group by fund_id, programme_code, fiscal_year
)

select
    fund_id,
    programme_code,
    fiscal_year,
    case when anyone_reports = 1 then 'reported' else 'not_reported' end as reporting_status,
    row_number() over (
        partition by fund_id, fiscal_year
        order by anyone_reports desc, owner_reports desc, programme_preference asc, programme_code asc
    ) = 1 as is_counted_in_all,
    * exclude (fund_id, programme_code, fiscal_year, programme_preference, owner_reports, anyone_reports)
from merged
