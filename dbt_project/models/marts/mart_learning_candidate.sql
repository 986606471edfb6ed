{%- set programmes = var('candidate_min_programmes') -%}
{%- set linked = var('candidate_min_linked_funds') -%}
{%- set reporting = (var('candidate_min_reporting_share') | float * 100) | round | int -%}
{%- set overdue = (var('candidate_max_overdue_ratio') | float * 100) | round | int -%}
{%- set coverage = (var('candidate_min_welfare_coverage') | float * 100) | round | int -%}
{%- set members = (var('candidate_min_members_share') | float * 100) | round | int -%}
{#- The column of each criterion, and what it asks in Thai and English. -#}
{%- set criteria = [
    ('has_programmes', 'มีกองทุนที่รายงานอย่างน้อย ' ~ programmes ~ ' ประเภท', 'at least ' ~ programmes ~ ' programmes report'),
    ('has_finance_and_welfare', 'มีทั้งกองทุนการเงินและกองทุนสวัสดิการ', 'both finance and welfare funds'),
    ('has_linked_funds', 'มีกองทุนที่อยู่ในสองบัญชีขึ้นไปอย่างน้อย ' ~ linked ~ ' กองทุน', 'at least ' ~ linked ~ ' fund in two lists or more'),
    ('is_finance_welfare_linked', 'การเงินกับสวัสดิการเชื่อมกัน', 'finance and welfare are linked'),
    ('is_reporting', 'กองทุนที่รายงานไม่ต่ำกว่าร้อยละ ' ~ reporting, 'at least ' ~ reporting ~ ' % of the funds report'),
    ('is_low_overdue', 'หนี้เกินกำหนดไม่เกินร้อยละ ' ~ overdue ~ ' ของเงินกู้คงค้าง',
     'overdue loans at most ' ~ overdue ~ ' % of loans outstanding'),
    ('is_welfare_covered', 'สมาชิกกองทุนสวัสดิการไม่ต่ำกว่าร้อยละ ' ~ coverage ~ ' ของประชากร',
     'welfare memberships at least ' ~ coverage ~ ' % of the people'),
    ('is_self_reliant', 'เงินกองทุนสวัสดิการมาจากสมาชิกไม่ต่ำกว่าร้อยละ ' ~ members,
     'at least ' ~ members ~ ' % of the welfare money comes from members'),
] -%}
{%- set rule_th = 'ได้อย่างน้อย ' ~ var('candidate_min_score') ~ ' จาก ' ~ criteria | length
    ~ ' ข้อ และยังไม่เป็นตำบลนำร่องหรือศูนย์เรียนรู้กองทุน: ' ~ criteria | map(attribute=1) | join('; ') ~ '. สิ่งที่ไม่ทราบถือว่าไม่ผ่าน' -%}
{%- set rule_en = 'At least ' ~ var('candidate_min_score') ~ ' of ' ~ criteria | length
    ~ ', and not yet a pilot or a fund learning centre: ' ~ criteria | map(attribute=2) | join('; ') ~ '. What is not known is not met' -%}
-- Tambons that could become pilots or learning centres: eight criteria, one point each. What is not known is not met.
with welfare as (
    select area_code as tambon_code, max_by(income_members_share, fiscal_year) as members_share
    from {{ ref('mart_welfare_self_reliance') }}
    where area_level = 'tambon' and income_members_share is not null
    group by area_code
),

judged as (
    select
        held.tambon_code,
        held.province_code,
        held.region_code,
        coalesce(held.programmes_reporting >= {{ var('candidate_min_programmes') }}, false) as has_programmes,
        held.has_finance and held.has_welfare as has_finance_and_welfare,
        held.funds_linked >= {{ var('candidate_min_linked_funds') }} as has_linked_funds,
        coalesce(linkage.gap_type = 'linked', false) as is_finance_welfare_linked,
        coalesce(
            profile.funds_reporting >= {{ var('candidate_min_reporting_share') }} * nullif(profile.funds_known, 0), false
        ) as is_reporting,
        coalesce(profile.overdue_ratio <= {{ var('candidate_max_overdue_ratio') }}, false) as is_low_overdue,
        coalesce(linkage.welfare_coverage >= {{ var('candidate_min_welfare_coverage') }}, false) as is_welfare_covered,
        coalesce(welfare.members_share >= {{ var('candidate_min_members_share') }}, false) as is_self_reliant,
        held.has_pilot as is_pilot,
        held.has_fund_learning_centre as has_centre,
        held.programmes_reporting,
        held.funds_linked,
        profile.funds_reporting / cast(nullif(profile.funds_known, 0) as double) as reporting_share,
        profile.overdue_ratio,
        linkage.welfare_coverage,
        welfare.members_share
    from {{ ref('mart_tambon_integration') }} as held
    left join {{ ref('mart_welfare_linkage') }} as linkage on held.tambon_code = linkage.tambon_code
    left join {{ ref('mart_tambon_profile') }} as profile on held.tambon_code = profile.tambon_code
    left join welfare on held.tambon_code = welfare.tambon_code
),

scored as (
    select
        *,
        {{ score_of(criteria) }} as score,
        not is_pilot and not has_centre as is_ranked
    from judged
)

select
    scored.* exclude (is_ranked),
    is_ranked and score >= {{ var('candidate_min_score') }} as is_candidate,
    -- pilots and centres stand outside the order
    case
        when is_ranked then row_number() over (
            partition by province_code, is_ranked
            order by score desc, welfare_coverage desc nulls last, reporting_share desc nulls last, tambon_code asc
        )
    end as rank_in_province,
    case
        when is_ranked then row_number() over (
            partition by region_code, is_ranked
            order by score desc, welfare_coverage desc nulls last, reporting_share desc nulls last, tambon_code asc
        )
    end as rank_in_region,
    nullif(concat_ws(
        '; ',
        {{ not_met(criteria, 1) }}
    ), '') as missing_th,
    nullif(concat_ws(
        '; ',
        {{ not_met(criteria, 2) }}
    ), '') as missing_en,
    '{{ rule_th }}' as rule_th,
    '{{ rule_en }}' as rule_en
from scored
