{{ config(materialized="view") }}

-- int_fund_area_year as sums over all programmes take it: every fund once. `basis` year: within each fiscal year; latest: each
-- programme's own latest year. Add up the rows of one basis, never of both.
with latest as (
    select programme_code, max(fiscal_year) as fiscal_year
    from {{ ref('int_fund_area_year') }}
    group by programme_code
),

area as (
    select 'year' as basis, year.* from {{ ref('int_fund_area_year') }} as year
    union all
    select 'latest' as basis, year.*
    from {{ ref('int_fund_area_year') }} as year
    inner join latest on year.programme_code = latest.programme_code and year.fiscal_year = latest.fiscal_year
)

select * from area
where
    not exists (
        select 1 from {{ ref('int_fund_area_counted') }} as counted
        where
            counted.basis = area.basis
            and counted.area_key = area.area_key
            and counted.programme_code = area.programme_code
            and counted.fiscal_year = area.fiscal_year
    )
union all by name
select * from {{ ref('int_fund_area_counted') }}
