-- People and households of each area in each fiscal year that funds have data for: of the calendar year that has the fiscal year's
-- number, else of the latest earlier year counted. Preferred feed only.
with counted as (
    select area_key, tambon_code, amphoe_code, province_code, indicator_code, calendar_year, value
    from {{ ref('fct_tambon_indicator_year') }}
    where is_preferred and indicator_code in ('population_total', 'households_total')
),

census_year as (
    select years.fiscal_year, max(census.calendar_year) as population_year
    from (select distinct fiscal_year from {{ ref('int_fund_area_year') }}) as years
    inner join (select distinct calendar_year from counted where indicator_code = 'population_total') as census
        on years.fiscal_year >= census.calendar_year
    group by years.fiscal_year
),

census as (
    select
        tambon_code,
        tambon_code is not null as is_resolved,
        amphoe_code,
        province_code,
        calendar_year,
        sum(value) filter (where indicator_code = 'population_total') as population_total,
        sum(value) filter (where indicator_code = 'households_total') as households_total
    from counted
    group by tambon_code, amphoe_code, province_code, calendar_year
),

census_area as (
    select 'tambon' as area_level, tambon_code as area_code, calendar_year, population_total, households_total
    from census where is_resolved
    union all
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
    people.area_level,
    people.area_code,
    census_year.fiscal_year,
    census_year.population_year,
    people.population_total,
    people.households_total
from census_year
inner join people on census_year.population_year = people.calendar_year
