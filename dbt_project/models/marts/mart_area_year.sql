-- Roll-ups of int_fund_area_year. Area levels hold resolved places only, `unresolved` the rest by province as far as known
-- ('unknown' otherwise), so that any level plus `unresolved` is the country. Programme 'all' takes a fund of two programmes once.
with area as (
    select
        year.*,
        counted.area_key is not null as has_fund_of_another_programme
    from {{ ref('int_fund_area_year') }} as year
    left join {{ ref('int_fund_area_counted') }} as counted
        on
            counted.basis = 'year'
            and year.area_key = counted.area_key
            and year.programme_code = counted.programme_code
            and year.fiscal_year = counted.fiscal_year
),

fund_area as (
    {{ fund_area_sums('area', 'has_fund_of_another_programme') }}
),

-- the few areas with funds of several programmes, without those that another programme counts
counted_area as (
    select * from {{ ref('int_fund_area_counted') }}
    where basis = 'year'
),

each_programme as (
    select * exclude (has_fund_of_another_programme) from fund_area
    union all
    select * exclude (has_fund_of_another_programme) replace ('all' as programme_code) from fund_area
    where not has_fund_of_another_programme
    union all
    select * exclude (kind) from (
        {{ fund_area_sums('counted_area', "'all'", programme="'all'", alias='kind') }}
    ) as counted
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
    people.population_year,
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
left join {{ ref('int_area_population') }} as people
    on
        grid.area_level = people.area_level
        and grid.area_code = people.area_code
        and grid.fiscal_year = people.fiscal_year
