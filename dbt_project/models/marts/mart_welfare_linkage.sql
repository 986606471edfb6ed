-- How community finance and community welfare meet in a current tambon, each programme in its latest year.
with latest_year as (
    select programme_code, max(fiscal_year) as fiscal_year
    from {{ ref('fct_tambon_year') }}
    group by programme_code
),

programme as (
    select
        tambon_code,
        cast(coalesce(sum(funds_known) filter (where {{ is_finance('family') }}), 0) as bigint) as finance_funds,
        cast(coalesce(sum(funds_known) filter (where {{ is_welfare('family') }}), 0) as bigint) as welfare_funds,
        cast(coalesce(sum(funds_reporting) filter (where {{ is_welfare('family') }}), 0) as bigint) as welfare_funds_reporting
    from {{ ref('mart_tambon_programme') }}
    group by tambon_code
),

report as (
    select
        fund.fund_id,
        fund.tambon_code,
        {{ is_finance('programme.family') }} as is_finance,
        fund.members_persons,
        fund.welfare_paid_thb,
        fund.welfare_fund_thb,
        fund.income_state_thb,
        fund.income_local_government_thb
    from {{ ref('fct_fund_year') }} as fund
    inner join latest_year on fund.programme_code = latest_year.programme_code and fund.fiscal_year = latest_year.fiscal_year
    inner join {{ ref('dim_programme') }} as programme on fund.programme_code = programme.programme_code
    where
        fund.tambon_code is not null and fund.reporting_status = 'reported'
        and ({{ is_finance('programme.family') }} or {{ is_welfare('programme.family') }})
),

money as (
    select
        tambon_code,
        count(distinct case when is_finance and welfare_paid_thb > 0 then fund_id end) as finance_funds_paying_welfare,
        count(distinct case when is_finance and welfare_fund_thb > 0 then fund_id end) as finance_funds_keeping_welfare,
        count(distinct case when not is_finance and income_state_thb > 0 then fund_id end) as welfare_funds_with_state_money,
        count(distinct case when not is_finance and income_local_government_thb > 0 then fund_id end) as welfare_funds_with_local_money,
        sum(welfare_paid_thb) filter (where is_finance) as finance_welfare_paid_thb,
        sum(welfare_fund_thb) filter (where is_finance) as finance_welfare_fund_thb,
        sum(welfare_paid_thb) filter (where not is_finance) as welfare_funds_paid_thb,
        sum(income_state_thb) filter (where not is_finance) as welfare_state_money_thb,
        sum(income_local_government_thb) filter (where not is_finance) as welfare_local_money_thb,
        sum(members_persons) filter (where not is_finance) as welfare_memberships
    from report
    group by tambon_code
),

-- one fund that a finance list and a welfare list both hold
same_fund as (
    select fund.tambon_code, count(*) as funds_in_both
    from (
        select source.fund_id
        from {{ ref('dim_fund_source') }} as source
        inner join {{ ref('dim_programme') }} as programme on source.programme_code = programme.programme_code
        group by source.fund_id
        having bool_or({{ is_finance('programme.family') }}) and bool_or({{ is_welfare('programme.family') }})
    ) as both_kinds
    inner join {{ ref('dim_fund') }} as fund on both_kinds.fund_id = fund.fund_id
    where fund.tambon_code is not null
    group by fund.tambon_code
),

matched as (
    select tambon_code, max_by(value, calendar_year) as state_matching_thb
    from {{ ref('fct_tambon_indicator_year') }}
    where indicator_code = 'welfare_matching_thb' and is_preferred and tambon_code is not null
    group by tambon_code
),

linked as (
    select
        tambon.tambon_code,
        tambon.province_code,
        tambon.region_code,
        coalesce(programme.finance_funds, 0) as finance_funds,
        coalesce(programme.welfare_funds, 0) as welfare_funds,
        coalesce(programme.welfare_funds_reporting, 0) as welfare_funds_reporting,
        coalesce(same_fund.funds_in_both, 0) as funds_in_both,
        coalesce(money.finance_funds_paying_welfare, 0) as finance_funds_paying_welfare,
        coalesce(money.finance_funds_keeping_welfare, 0) as finance_funds_keeping_welfare,
        coalesce(money.welfare_funds_with_state_money, 0) as welfare_funds_with_state_money,
        coalesce(money.welfare_funds_with_local_money, 0) as welfare_funds_with_local_money,
        money.finance_welfare_paid_thb,
        money.finance_welfare_fund_thb,
        money.welfare_funds_paid_thb,
        money.welfare_state_money_thb,
        money.welfare_local_money_thb,
        matched.state_matching_thb,
        money.welfare_memberships,
        people.population_total,
        people.population_year,
        money.welfare_memberships / nullif(people.population_total, 0) as welfare_coverage
    from {{ ref('dim_tambon') }} as tambon
    left join programme on tambon.tambon_code = programme.tambon_code
    left join money on tambon.tambon_code = money.tambon_code
    left join same_fund on tambon.tambon_code = same_fund.tambon_code
    left join matched on tambon.tambon_code = matched.tambon_code
    left join {{ ref('mart_tambon_profile') }} as people on tambon.tambon_code = people.tambon_code
    where tambon.is_current
),

tied as (
    select
        *,
        funds_in_both > 0 as is_linked_by_same_fund,
        finance_funds_paying_welfare > 0 or finance_funds_keeping_welfare > 0 as is_linked_by_finance_welfare,
        welfare_funds_with_state_money > 0 or coalesce(state_matching_thb, 0) > 0 as has_state_money,
        welfare_funds_with_local_money > 0 as has_local_money
    from linked
),

judged as (
    select
        *,
        case
            when finance_funds = 0 and welfare_funds = 0 then 'neither'
            when welfare_funds = 0 then 'finance_without_welfare'
            when finance_funds = 0 then 'welfare_without_finance'
            when is_linked_by_same_fund or is_linked_by_finance_welfare then 'linked'
            else 'both_not_linked'
        end as gap_type
    from tied
)

select
    judged.*,
    case gap_type
        when 'neither' then 'ไม่มีทั้งกองทุนการเงินและกองทุนสวัสดิการ'
        when 'finance_without_welfare' then 'มีกองทุนการเงินแต่ไม่มีกองทุนสวัสดิการ'
        when 'welfare_without_finance' then 'มีกองทุนสวัสดิการแต่ไม่มีกองทุนการเงิน'
        when 'linked' then 'มีทั้งสองอย่างและเชื่อมกัน: กองทุนเดียวอยู่ในทั้งสองบัญชี หรือกองทุนการเงินจ่ายหรือมีกองทุนสวัสดิการเอง'
        else 'มีทั้งสองอย่างแต่ยังไม่พบการเชื่อม (เงินจากรัฐหรือ อปท. เป็นการเชื่อมกับรัฐ ไม่นับเป็นการเชื่อมกับกองทุนการเงิน)'
    end as rule_th,
    case gap_type
        when 'neither' then 'Neither a finance fund nor a welfare fund'
        when 'finance_without_welfare' then 'Finance funds, but no welfare fund'
        when 'welfare_without_finance' then 'A welfare fund, but no finance fund'
        when 'linked' then 'Both, and linked: one fund in lists of both, or a finance fund that pays welfare or keeps its own welfare fund'
        else 'Both, but no link is seen (money from the state or local government links welfare to them, not to finance)'
    end as rule_en
from judged
