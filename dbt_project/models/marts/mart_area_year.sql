-- Roll-ups of int_fund_area_year. Area levels hold resolved places only, `unresolved` the rest by province as far as known
-- ('unknown' otherwise), so that any level plus `unresolved` is the country.
with fund_area as (
    select
        tambon_code is not null as is_resolved,
        amphoe_code,
        province_code,
        programme_code,
        fiscal_year,
        sum(funds_known) as funds_known,
        sum(funds_reporting) as funds_reporting,
        sum(ratio_overdue_thb) as ratio_overdue_thb,
        sum(ratio_outstanding_thb) as ratio_outstanding_thb,
        {{ sum_measures() }}
    from {{ ref('int_fund_area_year') }}
    group by 1, 2, 3, 4, 5
),

each_programme as (
    select * from fund_area
    union all
    select * replace ('all' as programme_code) from fund_area
),

leveled as (
    select 'amphoe' as area_level, amphoe_code as area_code, each_programme.* from each_programme where is_resolved
    union all
    select 'province' as area_level, province_code as area_code, each_programme.* from each_programme where is_resolved
    union all
    select 'region' as area_level, province.region_code as area_code, each_programme.*
    from each_programme
    inner join {{ source('ref', 'province') }} as province on each_programme.province_code = province.province_code
    where is_resolved
    union all
    select 'country' as area_level, 'TH' as area_code, each_programme.* from each_programme
    union all
    select 'unresolved' as area_level, coalesce(province_code, 'unknown') as area_code, each_programme.*
    from each_programme
    where not is_resolved
),

rolled as (
    select
        area_level,
        area_code,
        programme_code,
        fiscal_year,
        cast(sum(funds_known) as bigint) as funds_known,
        cast(sum(funds_reporting) as bigint) as funds_reporting,
        sum(ratio_overdue_thb) as ratio_overdue_thb,
        sum(ratio_outstanding_thb) as ratio_outstanding_thb,
        {{ sum_measures() }}
    from leveled
    group by area_level, area_code, programme_code, fiscal_year
),

area_name as (
    select 'amphoe' as area_level, amphoe_code as area_code, name_th, name_en from {{ source('ref', 'amphoe') }} where is_current
    union all
    select 'province' as area_level, province_code as area_code, name_th, name_en from {{ source('ref', 'province') }}
    union all
    select 'region' as area_level, region_code as area_code, name_th, name_en from {{ source('ref', 'region') }}
    union all
    select 'country' as area_level, 'TH' as area_code, 'ประเทศไทย' as name_th, 'Thailand' as name_en
),

programme_year as (
    select distinct programme_code, fiscal_year from each_programme
),

-- every area stands in every year its programme has data for, also where it has no fund
grid as (
    select area_name.area_level, area_name.area_code, programme_year.programme_code, programme_year.fiscal_year
    from area_name
    cross join programme_year
    union
    select area_level, area_code, programme_code, fiscal_year from rolled
),

-- People and households of the calendar year that has the fiscal year's number, else of the latest earlier year counted.
census_year as (
    select years.fiscal_year, max(counted.calendar_year) as population_year
    from (select distinct fiscal_year from programme_year) as years
    inner join
        (
            select distinct calendar_year from {{ ref('fct_tambon_indicator_year') }} where indicator_code = 'population_total'
        ) as counted
        on years.fiscal_year >= counted.calendar_year
    group by years.fiscal_year
),

census as (
    select
        tambon_code is not null as is_resolved,
        amphoe_code,
        province_code,
        calendar_year,
        sum(value) filter (where indicator_code = 'population_total') as population_total,
        sum(value) filter (where indicator_code = 'households_total') as households_total
    from {{ ref('fct_tambon_indicator_year') }}
    group by 1, 2, 3, 4
),

census_area as (
    select 'amphoe' as area_level, amphoe_code as area_code, calendar_year, population_total, households_total
    from census where is_resolved
    union all
    select 'province' as area_level, province_code as area_code, calendar_year, population_total, households_total
    from census where is_resolved
    union all
    select
        'region' as area_level, province.region_code as area_code, census.calendar_year, census.population_total, census.households_total
    from census
    inner join {{ source('ref', 'province') }} as province on census.province_code = province.province_code
    where census.is_resolved
    union all
    select 'country' as area_level, 'TH' as area_code, calendar_year, population_total, households_total from census
    union all
    select
        'unresolved' as area_level, coalesce(province_code, 'unknown') as area_code, calendar_year, population_total, households_total
    from census
    where not is_resolved
),

people as (
    select
        area_level,
        area_code,
        calendar_year,
        sum(population_total) as population_total,
        sum(households_total) as households_total
    from census_area
    group by area_level, area_code, calendar_year
)

select
    grid.area_level,
    grid.area_code,
    grid.programme_code,
    grid.fiscal_year,
    area_name.name_th as area_name_th,
    area_name.name_en as area_name_en,
    coalesce(rolled.funds_known, 0) as funds_known,
    coalesce(rolled.funds_reporting, 0) as funds_reporting,
    {{ measure_columns('rolled.') }},
    rolled.ratio_overdue_thb / nullif(rolled.ratio_outstanding_thb, 0) as overdue_ratio,
    people.population_total,
    people.households_total,
    people.calendar_year as population_year,
    rolled.savings_thb / nullif(people.population_total, 0) as savings_per_capita_thb,
    rolled.loans_outstanding_thb / nullif(people.population_total, 0) as loans_outstanding_per_capita_thb,
    rolled.welfare_paid_thb / nullif(people.population_total, 0) as welfare_paid_per_capita_thb
from grid
left join rolled
    on
        grid.area_level = rolled.area_level
        and grid.area_code = rolled.area_code
        and grid.programme_code = rolled.programme_code
        and grid.fiscal_year = rolled.fiscal_year
left join area_name on grid.area_level = area_name.area_level and grid.area_code = area_name.area_code
left join census_year on grid.fiscal_year = census_year.fiscal_year
left join people
    on
        grid.area_level = people.area_level
        and grid.area_code = people.area_code
        and census_year.population_year = people.calendar_year
