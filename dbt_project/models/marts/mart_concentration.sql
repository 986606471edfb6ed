-- How evenly savings lie over the funds of a programme in an area, only over funds that reported savings in the year.
-- With the n funds put in order from the least (i = 1) to the greatest: gini = (2 * sum(i * x) - (n + 1) * sum(x)) / (n * sum(x)).
with fund as (
    select
        fund.tambon_code,
        fund.amphoe_code,
        fund.province_code,
        province.region_code,
        fund.programme_code,
        fund.fiscal_year,
        fund.fund_id,
        fund.savings_thb
    from {{ ref('fct_fund_year') }} as fund
    left join {{ source('ref', 'province') }} as province on fund.province_code = province.province_code
    where fund.reporting_status = 'reported' and fund.savings_thb is not null
),

leveled as (
    {{ at_levels('fund', ['province', 'region', 'country']) }}
),

ordered as (
    select
        area_level,
        area_code,
        programme_code,
        fiscal_year,
        savings_thb,
        row_number() over (partition by area_level, area_code, programme_code, fiscal_year order by savings_thb, fund_id) as place,
        count(*) over (partition by area_level, area_code, programme_code, fiscal_year) as funds
    from leveled
),

rolled as (
    select
        area_level,
        area_code,
        programme_code,
        fiscal_year,
        count(*) as funds_compared,
        sum(savings_thb) as savings_total_thb,
        max(savings_thb) as largest_thb,
        -- the largest tenth, at least one fund
        sum(case when place > funds - ceil(funds / 10.0) then savings_thb end) as top_tenth_thb,
        sum(savings_thb * savings_thb) as square_sum,
        sum(place * savings_thb) as ranked_sum
    from ordered
    group by area_level, area_code, programme_code, fiscal_year
),

area_name as (
    {{ area_names() }}
)

select
    rolled.area_level,
    rolled.area_code,
    rolled.programme_code,
    rolled.fiscal_year,
    area_name.name_th as area_name_th,
    area_name.name_en as area_name_en,
    rolled.funds_compared,
    rolled.savings_total_thb,
    rolled.largest_thb / nullif(rolled.savings_total_thb, 0) as largest_fund_share,
    rolled.top_tenth_thb / nullif(rolled.savings_total_thb, 0) as top_tenth_share,
    rolled.square_sum / nullif(rolled.savings_total_thb * rolled.savings_total_thb, 0) as hhi,
    (2 * rolled.ranked_sum - (rolled.funds_compared + 1) * rolled.savings_total_thb)
    / nullif(rolled.funds_compared * rolled.savings_total_thb, 0) as gini
from rolled
left join area_name on rolled.area_level = area_name.area_level and rolled.area_code = area_name.area_code
