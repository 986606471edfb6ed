{%- set enough = "growth.funds_compared >= " ~ var('growth_min_share') ~ " * area.funds_reporting" -%}
-- Per person, per household and growth, at every level from the tambon up; an area stands in the years it has a fund of the programme.
-- Growth is like for like: only the funds that gave the measure in this year and the year before, in both sums.
with tambon_all as (
    select
        fund.tambon_code,
        fund.fiscal_year,
        cast(sum(fund.funds_known) as bigint) as funds_known,
        cast(sum(fund.funds_reporting) as bigint) as funds_reporting,
        sum(fund.ratio_overdue_thb) / nullif(sum(fund.ratio_outstanding_thb), 0) as overdue_ratio,
        {{ for_each(rate_measures(), "sum(fund.@) as @") }}
    from {{ ref('int_fund_area_all') }} as fund
    inner join {{ ref('dim_tambon') }} as tambon on fund.tambon_code = tambon.tambon_code and tambon.is_current
    where fund.basis = 'year'
    group by fund.tambon_code, fund.fiscal_year
),

area as (
    select
        'tambon' as area_level,
        fund.tambon_code as area_code,
        fund.programme_code,
        fund.fiscal_year,
        fund.funds_known,
        fund.funds_reporting,
        fund.overdue_ratio,
        people.population_total,
        people.households_total,
        people.population_year,
        {{ for_each(rate_measures(), "fund.@") }}
    from {{ ref('fct_tambon_year') }} as fund
    left join {{ ref('int_area_population') }} as people
        on people.area_level = 'tambon' and fund.tambon_code = people.area_code and fund.fiscal_year = people.fiscal_year
    where fund.funds_known > 0
    union all
    select
        'tambon' as area_level,
        fund.tambon_code as area_code,
        'all' as programme_code,
        fund.fiscal_year,
        fund.funds_known,
        fund.funds_reporting,
        fund.overdue_ratio,
        people.population_total,
        people.households_total,
        people.population_year,
        {{ for_each(rate_measures(), "fund.@") }}
    from tambon_all as fund
    left join {{ ref('int_area_population') }} as people
        on people.area_level = 'tambon' and fund.tambon_code = people.area_code and fund.fiscal_year = people.fiscal_year
    where fund.funds_known > 0
    union all
    select
        area_level,
        area_code,
        programme_code,
        fiscal_year,
        funds_known,
        funds_reporting,
        overdue_ratio,
        population_total,
        households_total,
        population_year,
        {{ for_each(rate_measures(), "@") }}
    from {{ ref('mart_area_year') }}
    where funds_known > 0 and area_level in ('amphoe', 'province', 'region', 'country')
),

report as (
    select
        fund_id,
        programme_code,
        fiscal_year,
        is_counted_in_all,
        tambon_code,
        amphoe_code,
        province_code,
        {{ for_each(rate_measures(), "@") }}
    from {{ ref('fct_fund_year') }}
    where reporting_status = 'reported'
),

-- where the fund lies in the later year
same_fund as (
    select
        this_year.tambon_code,
        this_year.amphoe_code,
        this_year.province_code,
        this_year.programme_code,
        this_year.fiscal_year,
        this_year.is_counted_in_all and last_year.is_counted_in_all as is_counted_in_all,
        count(*) as funds_compared,
        {{ for_each(rate_measures(), "sum(this_year.@) filter (where last_year.@ is not null) as @") }},
        {{ for_each(rate_measures(), "sum(last_year.@) filter (where this_year.@ is not null) as @_before") }}
    from report as this_year
    inner join report as last_year
        on
            this_year.fund_id = last_year.fund_id
            and this_year.programme_code = last_year.programme_code
            and this_year.fiscal_year = last_year.fiscal_year + 1
    group by 1, 2, 3, 4, 5, 6
),

compared as (
    select same_fund.* exclude (is_counted_in_all), province.region_code
    from (
        select * from same_fund
        union all
        select * replace ('all' as programme_code) from same_fund where is_counted_in_all
    ) as same_fund
    left join {{ source('ref', 'province') }} as province on same_fund.province_code = province.province_code
),

leveled as (
    {{ at_levels('compared', ['tambon', 'amphoe', 'province', 'region', 'country']) }}
),

growth as (
    select
        area_level,
        area_code,
        programme_code,
        fiscal_year,
        cast(sum(funds_compared) as bigint) as funds_compared,
        {{ for_each(rate_measures(), "sum(@) / nullif(sum(@_before), 0) - 1 as @_growth") }}
    from leveled
    group by area_level, area_code, programme_code, fiscal_year
)

select
    area.area_level,
    area.area_code,
    area.programme_code,
    area.fiscal_year,
    area.funds_known,
    area.funds_reporting,
    area.funds_reporting / cast(area.funds_known as double) as reporting_share,
    area.population_year,
    {{ for_each(rate_measures(), "area.@ / nullif(area.population_total, 0) as @_per_person") }},
    {{ for_each(rate_measures(), "area.@ / nullif(area.households_total, 0) as @_per_household") }},
    area.overdue_ratio,
    coalesce(growth.funds_compared, 0) as funds_compared,
    coalesce({{ enough }}, false) as is_growth_comparable,
    {{ for_each(rate_measures(), "case when " ~ enough ~ " then growth.@_growth end as @_growth") }}
from area
left join growth
    on
        area.area_level = growth.area_level
        and area.area_code = growth.area_code
        and area.programme_code = growth.programme_code
        and area.fiscal_year = growth.fiscal_year
