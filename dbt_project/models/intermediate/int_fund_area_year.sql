-- Funds and measures by tambon (or, unresolved, by what is known of the area), programme and year: the base of every roll-up.
-- A fund is known from its first report on, where it last was; it reports in the years it reports.
with fund_year as (
    select
        *,
        lead(fiscal_year) over (partition by fund_id, programme_code order by fiscal_year) as next_fiscal_year
    from (
        select fund_id, programme_code, fiscal_year, tambon_code, amphoe_code, province_code
        from {{ ref('fct_fund_year') }}
    ) as narrow
),

-- +1 where a fund is seen, -1 where its next report takes over: the running sum is the number of funds known
step as (
    select tambon_code, amphoe_code, province_code, programme_code, fiscal_year, count(*) as change
    from fund_year
    group by all
    union all
    select tambon_code, amphoe_code, province_code, programme_code, next_fiscal_year as fiscal_year, -count(*) as change
    from fund_year
    where next_fiscal_year is not null
    group by all
),

change as (
    select
        tambon_code,
        amphoe_code,
        province_code,
        programme_code,
        fiscal_year,
        sum(change) as change
    from step
    group by all
),

measured as (
    select
        tambon_code,
        amphoe_code,
        province_code,
        programme_code,
        fiscal_year,
        count(*) filter (where reporting_status = 'reported') as funds_reporting,
        -- a ratio only over funds that gave both numbers
        sum(loans_overdue_thb) filter (where loans_outstanding_thb is not null) as ratio_overdue_thb,
        sum(loans_outstanding_thb) filter (where loans_overdue_thb is not null) as ratio_outstanding_thb,
        {{ sum_measures() }}
    from {{ ref('fct_fund_year') }}
    group by tambon_code, amphoe_code, province_code, programme_code, fiscal_year
),

programme_year as (
    select distinct programme_code, fiscal_year from {{ ref('fct_fund_year') }}
),

area as (
    select distinct tambon_code, amphoe_code, province_code, programme_code from change
),

grid as (
    select area.*, programme_year.fiscal_year
    from area
    inner join programme_year on area.programme_code = programme_year.programme_code
)

select
    grid.tambon_code,
    grid.amphoe_code,
    grid.province_code,
    grid.programme_code,
    grid.fiscal_year,
    cast(
        sum(coalesce(change.change, 0)) over (
            partition by grid.tambon_code, grid.amphoe_code, grid.province_code, grid.programme_code
            order by grid.fiscal_year
        ) as bigint
    ) as funds_known,
    coalesce(measured.funds_reporting, 0) as funds_reporting,
    measured.ratio_overdue_thb,
    measured.ratio_outstanding_thb,
    {{ measure_columns('measured.') }}
from grid
left join change
    on
        grid.programme_code = change.programme_code and grid.fiscal_year = change.fiscal_year
        and grid.tambon_code is not distinct from change.tambon_code
        and grid.amphoe_code is not distinct from change.amphoe_code
        and grid.province_code is not distinct from change.province_code
left join measured
    on
        grid.programme_code = measured.programme_code and grid.fiscal_year = measured.fiscal_year
        and grid.tambon_code is not distinct from measured.tambon_code
        and grid.amphoe_code is not distinct from measured.amphoe_code
        and grid.province_code is not distinct from measured.province_code
