-- Where the money of an area's welfare funds came from, beside the design (1:1:1), the mix that was announced and the country's own.
with fund as (
    select
        tambon_code,
        amphoe_code,
        province_code,
        region_code,
        fiscal_year,
        count(*) as funds_reporting,
        count(*) filter (where is_income_whole) as funds_compared,
        sum(income_total_thb) as income_total_thb,
        {{ for_each(income_sources(), "sum(income_@_share * income_total_thb) as income_@_thb") }},
        sum(memberships) as memberships,
        {{ for_each(life_stages(), "sum(memberships_@) as memberships_@") }},
        sum(beneficiaries) as beneficiaries,
        {{ for_each(benefit_kinds(), "sum(benefits_@_thb) as benefits_@_thb") }},
        sum(benefits_paid_thb) as benefits_paid_thb
    from {{ ref('mart_welfare_fund_year') }}
    group by tambon_code, amphoe_code, province_code, region_code, fiscal_year
),

leveled as (
    {{ at_levels('fund', ['tambon', 'amphoe', 'province', 'region', 'country']) }}
),

rolled as (
    select
        area_level,
        area_code,
        fiscal_year,
        cast(sum(funds_reporting) as bigint) as funds_reporting,
        cast(sum(funds_compared) as bigint) as funds_compared,
        sum(income_total_thb) as income_total_thb,
        {{ for_each(income_sources(), "sum(income_@_thb) / nullif(sum(income_total_thb), 0) as income_@_share") }},
        sum(memberships) as memberships,
        {{ for_each(life_stages(), "sum(memberships_@) as memberships_@") }},
        sum(beneficiaries) as beneficiaries,
        sum(benefits_paid_thb) as benefits_paid_thb,
        {{ for_each(benefit_kinds(), "sum(benefits_@_thb) as benefits_@_thb") }}
    from leveled
    group by area_level, area_code, fiscal_year
),

area_name as (
    {{ area_names() }}
    union all
    select 'tambon' as area_level, tambon_code as area_code, name_th, name_en from {{ ref('dim_tambon') }}
)

select
    rolled.*,
    area_name.name_th as area_name_th,
    area_name.name_en as area_name_en,
    {{ for_each(['members', 'local_government', 'state'], "cast(1.0 / 3 as double) as design_@_share") }},
    {{ announced_mix_columns() }},
    {{ for_each(income_sources(), "country.income_@_share as country_@_share") }},
    'คิดเฉพาะกองทุนที่รายงานเงินจากสมาชิก อปท. และรัฐครบทั้งสามแหล่ง แล้วหารด้วยเงินรวมของกองทุนเหล่านั้น' as rule_th,
    'Only funds that gave the money of members, local government and state, all three; divided by the whole money of these funds' as rule_en
from rolled
left join area_name on rolled.area_level = area_name.area_level and rolled.area_code = area_name.area_code
left join rolled as country on country.area_level = 'country' and rolled.fiscal_year = country.fiscal_year
