-- Funds and measures by tambon (or, unresolved, by what is known of the area), programme and year: the base of every roll-up.
-- A fund is known from its first report on, where it last was; it reports in the years it reports.
with report as (
    select
        fund_id,
        programme_code,
        fiscal_year,
        {{ area_key() }} as area_key,
        tambon_code,
        amphoe_code,
        province_code
    from {{ ref('fct_fund_year') }}
),

area as (
    select
        area_key,
        any_value(tambon_code) as tambon_code,
        any_value(amphoe_code) as amphoe_code,
        any_value(province_code) as province_code
    from report
    group by area_key
),

-- few funds ever move: only their reports have to be put in order
fund as (
    select
        fund_id,
        programme_code,
        min(fiscal_year) as fiscal_year,
        min(area_key) as area_key,
        min(area_key) <> max(area_key) as has_moved
    from report
    group by fund_id, programme_code
),

-- +1 where a fund is seen, -1 where its next report takes over: the running sum is the number of funds known
spell as (
    select
        report.area_key,
        report.programme_code,
        report.fiscal_year,
        lead(report.fiscal_year) over (partition by report.fund_id, report.programme_code order by report.fiscal_year) as next_fiscal_year
    from report
    inner join fund on report.fund_id = fund.fund_id and report.programme_code = fund.programme_code
    where fund.has_moved
),

step as (
    select area_key, programme_code, fiscal_year, sum(change) as change
    from (
        select area_key, programme_code, fiscal_year, count(*) as change
        from fund
        where not has_moved
        group by area_key, programme_code, fiscal_year
        union all
        select area_key, programme_code, fiscal_year, count(*) as change
        from spell
        group by area_key, programme_code, fiscal_year
        union all
        select area_key, programme_code, next_fiscal_year as fiscal_year, -count(*) as change
        from spell
        where next_fiscal_year is not null
        group by area_key, programme_code, next_fiscal_year
    ) as steps
    group by area_key, programme_code, fiscal_year
),

grid as (
    select area_programme.area_key, area_programme.programme_code, programme_year.fiscal_year
    from (select distinct area_key, programme_code from step) as area_programme
    inner join (select distinct programme_code, fiscal_year from report) as programme_year
        on area_programme.programme_code = programme_year.programme_code
),

known as (
    select
        grid.area_key,
        grid.programme_code,
        grid.fiscal_year,
        cast(
            sum(coalesce(step.change, 0)) over (
                partition by grid.area_key, grid.programme_code
                order by grid.fiscal_year
            ) as bigint
        ) as funds_known
    from grid
    left join step
        on grid.area_key = step.area_key and grid.programme_code = step.programme_code and grid.fiscal_year = step.fiscal_year
),

measured as (
    select
        {{ area_key() }} as area_key,
        programme_code,
        fiscal_year,
        {{ area_sums() }}
    from {{ ref('fct_fund_year') }}
    group by 1, programme_code, fiscal_year
)

select
    known.area_key,
    area.tambon_code,
    area.amphoe_code,
    area.province_code,
    known.programme_code,
    known.fiscal_year,
    known.funds_known,
    coalesce(measured.funds_reporting, 0) as funds_reporting,
    measured.ratio_overdue_thb,
    measured.ratio_outstanding_thb,
    {{ measure_columns('measured.') }}
from known
inner join area on known.area_key = area.area_key
left join measured
    on
        known.area_key = measured.area_key
        and known.programme_code = measured.programme_code
        and known.fiscal_year = measured.fiscal_year
