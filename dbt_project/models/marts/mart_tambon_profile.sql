-- What a tambon holds, in each programme's latest year, beside its people in the latest year counted.
with latest_year as (
    select programme_code, max(fiscal_year) as fiscal_year
    from {{ ref('fct_tambon_year') }}
    group by programme_code
),

held as (
    select
        fund.tambon_code,
        max(fund.fiscal_year) as fiscal_year,
        min(fund.fiscal_year) as oldest_fiscal_year,
        cast(sum(fund.funds_known) as bigint) as funds_known,
        cast(sum(fund.funds_reporting) as bigint) as funds_reporting,
        count(*) filter (where fund.funds_known > 0) as programme_count,
        cast(coalesce(sum(fund.funds_known) filter (where fund.programme_code = 'village_fund'), 0) as bigint) as funds_village_fund,
        cast(coalesce(sum(fund.funds_known) filter (where fund.programme_code = 'savings_group'), 0) as bigint) as funds_savings_group,
        cast(coalesce(sum(fund.funds_known) filter (where fund.programme_code = 'welfare_fund'), 0) as bigint) as funds_welfare_fund,
        sum(area.ratio_overdue_thb) / nullif(sum(area.ratio_outstanding_thb), 0) as overdue_ratio,
        {{ sum_measures('fund.') }}
    from {{ ref('fct_tambon_year') }} as fund
    inner join latest_year on fund.programme_code = latest_year.programme_code and fund.fiscal_year = latest_year.fiscal_year
    left join {{ ref('int_fund_area_year') }} as area
        on
            fund.tambon_code = area.tambon_code
            and fund.programme_code = area.programme_code
            and fund.fiscal_year = area.fiscal_year
    group by fund.tambon_code
),

counted as (
    select max(calendar_year) as calendar_year
    from {{ ref('fct_tambon_indicator_year') }}
    where indicator_code = 'population_total'
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
    where indicator.tambon_code is not null
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
    held.fiscal_year,
    held.oldest_fiscal_year,
    coalesce(held.funds_known, 0) as funds_known,
    coalesce(held.funds_reporting, 0) as funds_reporting,
    coalesce(held.programme_count, 0) as programme_count,
    coalesce(held.funds_village_fund, 0) as funds_village_fund,
    coalesce(held.funds_savings_group, 0) as funds_savings_group,
    coalesce(held.funds_welfare_fund, 0) as funds_welfare_fund,
    {{ measure_columns('held.') }},
    held.overdue_ratio,
    held.savings_thb / nullif(people.population_total, 0) as savings_per_capita_thb,
    held.loans_outstanding_thb / nullif(people.population_total, 0) as loans_outstanding_per_capita_thb,
    held.welfare_paid_thb / nullif(people.population_total, 0) as welfare_paid_per_capita_thb
from {{ ref('dim_tambon') }} as tambon
cross join counted
left join held on tambon.tambon_code = held.tambon_code
left join people on tambon.tambon_code = people.tambon_code
where tambon.is_current
