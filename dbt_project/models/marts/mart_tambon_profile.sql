-- What a tambon holds, in each programme's latest year, beside its people in the latest year counted. A fund of two programmes is in the
-- sums once.
with programme_year as (
    select programme_code, max(fiscal_year) as fiscal_year
    from {{ ref('int_fund_area_year') }}
    group by programme_code
),

latest_year as (
    select max(fiscal_year) as fiscal_year, min(fiscal_year) as oldest_fiscal_year
    from programme_year
),

held as (
    select
        area.tambon_code,
        cast(sum(area.funds_known) as bigint) as funds_known,
        cast(sum(area.funds_reporting) as bigint) as funds_reporting,
        sum(area.ratio_overdue_thb) / nullif(sum(area.ratio_outstanding_thb), 0) as overdue_ratio,
        {{ sum_measures('area.') }}
    from {{ ref('int_fund_area_all') }} as area
    where area.basis = 'latest' and area.tambon_code is not null
    group by area.tambon_code
),

-- a programme is present where it has a fund, also one that another programme counts
present as (
    select
        area.tambon_code,
        count(*) as programme_count,
        string_agg(area.programme_code, ',' order by coalesce(programme.preference, 2147483647), area.programme_code) as programmes
    from {{ ref('int_fund_area_year') }} as area
    inner join programme_year as latest
        on area.programme_code = latest.programme_code and area.fiscal_year = latest.fiscal_year
    left join {{ source('ref', 'programme') }} as programme on area.programme_code = programme.programme_code
    where area.tambon_code is not null and area.funds_known > 0
    group by area.tambon_code
),

counted as (
    select max(calendar_year) as calendar_year
    from {{ ref('fct_tambon_indicator_year') }}
    where indicator_code = 'population_total' and is_preferred
),

people as (
    select
        indicator.tambon_code,
        sum(indicator.value) filter (where indicator.indicator_code = 'population_total') as population_total,
        sum(indicator.value) filter (where indicator.indicator_code = 'population_male') as population_male,
        sum(indicator.value) filter (where indicator.indicator_code = 'population_female') as population_female,
        sum(indicator.value) filter (where indicator.indicator_code = 'households_total') as households_total
    from {{ ref('fct_tambon_indicator_year') }} as indicator
    inner join counted on indicator.calendar_year = counted.calendar_year
    where indicator.tambon_code is not null and indicator.is_preferred
    group by indicator.tambon_code
)

select
    tambon.tambon_code,
    tambon.name_th as tambon_name_th,
    tambon.name_en as tambon_name_en,
    tambon.amphoe_code,
    tambon.amphoe_name_th,
    tambon.amphoe_name_en,
    tambon.province_code,
    tambon.province_name_th,
    tambon.province_name_en,
    tambon.region_code,
    tambon.region_name_th,
    tambon.region_name_en,
    tambon.tambon_unit_id,
    counted.calendar_year as population_year,
    people.population_total,
    people.population_male,
    people.population_female,
    people.households_total,
    latest_year.fiscal_year,
    latest_year.oldest_fiscal_year,
    coalesce(held.funds_known, 0) as funds_known,
    coalesce(held.funds_reporting, 0) as funds_reporting,
    coalesce(present.programme_count, 0) as programme_count,
    coalesce(present.programmes, '') as programmes,
    {{ measure_columns('held.') }},
    held.overdue_ratio,
    held.savings_thb / nullif(people.population_total, 0) as savings_per_capita_thb,
    held.loans_outstanding_thb / nullif(people.population_total, 0) as loans_outstanding_per_capita_thb,
    held.welfare_paid_thb / nullif(people.population_total, 0) as welfare_paid_per_capita_thb
from {{ ref('dim_tambon') }} as tambon
cross join counted
cross join latest_year
left join held on tambon.tambon_code = held.tambon_code
left join present on tambon.tambon_code = present.tambon_code
left join people on tambon.tambon_code = people.tambon_code
where tambon.is_current
