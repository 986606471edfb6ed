-- Where a fund of several programmes is known in more than one of them: the programmes in which it is not counted again, so that a sum
-- over all programmes has it once. `basis` year: within a fiscal year; latest: over each programme's own latest year, as a profile shows
-- them.
with report as {{ evaluated_once() }} (
    select
        year.fund_id,
        year.programme_code,
        year.fiscal_year,
        year.is_counted_in_all,
        {{ area_key() }} as area_key,
        lead(year.fiscal_year) over (partition by year.fund_id, year.programme_code order by year.fiscal_year) as next_fiscal_year
    from {{ ref('fct_fund_year') }} as year
    inner join (select distinct fund_id from {{ ref('int_fund_identity') }} where is_shared) as shared on year.fund_id = shared.fund_id
),

fund as (
    select fund_id from report
    group by fund_id
    having min(programme_code) <> max(programme_code)
),

programme_year as (
    select
        years.programme_code,
        years.fiscal_year,
        years.fiscal_year = max(years.fiscal_year) over (partition by years.programme_code) as is_latest,
        coalesce(programme.preference, 2147483647) as preference
    from (select distinct programme_code, fiscal_year from {{ ref('int_fund_area_year') }}) as years
    left join {{ source('ref', 'programme') }} as programme on years.programme_code = programme.programme_code
),

-- in each year that a programme has data for, a fund stands where its last report had it
known as (
    select
        report.fund_id,
        report.programme_code,
        programme_year.fiscal_year,
        programme_year.is_latest,
        programme_year.preference,
        report.area_key,
        report.fiscal_year as reported_year,
        report.fiscal_year = programme_year.fiscal_year as is_report,
        report.fiscal_year = programme_year.fiscal_year and report.is_counted_in_all as is_counted
    from report
    inner join fund on report.fund_id = fund.fund_id
    inner join programme_year
        on
            report.programme_code = programme_year.programme_code
            and report.fiscal_year <= programme_year.fiscal_year
            and (report.next_fiscal_year is null or report.next_fiscal_year > programme_year.fiscal_year)
),

turns as (
    select
        'year' as basis,
        *,
        row_number() over (
            partition by fund_id, fiscal_year
            order by is_counted desc, is_report desc, reported_year desc, preference asc, programme_code asc
        ) as turn
    from known
    union all
    select
        'latest' as basis,
        *,
        row_number() over (
            partition by fund_id
            order by is_report desc, fiscal_year desc, is_counted desc, reported_year desc, preference asc, programme_code asc
        ) as turn
    from known
    where is_latest
)

select basis, fund_id, programme_code, fiscal_year, area_key, is_report
from turns
where turn > 1
