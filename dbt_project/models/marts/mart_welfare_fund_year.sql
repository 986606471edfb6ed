-- A welfare fund's year: where its money came from. A share is told only of a fund that gave the money of members, local government and
-- state, all three; other money left blank is taken as none.
with report as (
    select
        fund.*,
        fund.income_members_thb is not null
        and fund.income_local_government_thb is not null
        and fund.income_state_thb is not null as is_income_whole
    from {{ ref('fct_fund_year') }} as fund
    inner join {{ ref('dim_programme') }} as programme on fund.programme_code = programme.programme_code
    where {{ is_welfare('programme.family') }} and fund.reporting_status = 'reported'
),

summed as (
    select
        *,
        case
            when is_income_whole
                then income_members_thb + income_local_government_thb + income_state_thb + coalesce(income_other_thb, 0)
        end as income_total_thb
    from report
)

select
    summed.fund_id,
    summed.programme_code,
    summed.fiscal_year,
    summed.fund_name,
    summed.tambon_code,
    summed.amphoe_code,
    summed.province_code,
    province.region_code,
    summed.is_income_whole,
    summed.income_total_thb,
    -- the total is NULL where the money is not known whole, and so are the shares
    {{ for_each(income_sources(), "coalesce(summed.income_@_thb, 0) / nullif(summed.income_total_thb, 0) as income_@_share") }},
    summed.members_persons as memberships,
    {{ for_each(life_stages(), "summed.members_@_persons as memberships_@") }},
    summed.beneficiaries_persons as beneficiaries,
    summed.welfare_paid_thb as benefits_paid_thb,
    {{ for_each(benefit_kinds(), "summed.welfare_paid_@_thb as benefits_@_thb") }},
    summed.income_members_thb / nullif(summed.members_persons, 0) as income_members_per_membership_thb,
    summed.welfare_paid_thb / nullif(summed.income_total_thb, 0) as benefits_to_income_ratio
from summed
left join {{ source('ref', 'province') }} as province on summed.province_code = province.province_code
