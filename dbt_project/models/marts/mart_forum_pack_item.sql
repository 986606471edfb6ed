-- The lists of a region's printed pack: the first rows of each section, in order.
with participant as (
    select
        forum.region_code,
        'participant' as section,
        'ผู้เข้าร่วมเวที' as section_th,
        'Who takes part' as section_en,
        participant.participant_key as item_code,
        participant.participant_name as title_th,
        participant.participant_name as title_en,
        case participant.participant_role
            when 'host' then 'เจ้าภาพ'
            when 'network' then 'เครือข่าย'
            when 'supporter' then 'หน่วยงานสนับสนุน'
            when 'invited' then 'ได้รับเชิญ'
            else participant.participant_role
        end as text_th,
        participant.participant_role as text_en,
        participant.participants_persons as number,
        'persons' as unit,
        row_number() over (partition by forum.region_code order by participant.participant_role, participant.participant_key) as item_rank
    from {{ ref('mart_forum_pack') }} as forum
    inner join {{ ref('fct_event_participant') }} as participant
        on forum.region_code = participant.region_code and forum.event_code = participant.event_code
    where participant.event_type = 'regional_forum'
),

province as (
    select
        province_code,
        sum(welfare_memberships) / nullif(sum(population_total), 0) as welfare_coverage
    from {{ ref('mart_welfare_linkage') }}
    group by province_code
),

fund as (
    select
        province_code,
        count(*) filter (where reporting_status <> 'reported') as funds_silent,
        count(*) filter (where tambon_code is null) as funds_without_tambon
    from {{ ref('mart_fund_directory') }}
    where province_code is not null
    group by province_code
),

rate as (
    select area_code as province_code, fiscal_year, savings_thb_per_person
    from {{ ref('mart_area_rate') }}
    where area_level = 'province' and programme_code = 'all' and savings_thb_per_person is not null
    qualify row_number() over (partition by area_code order by fiscal_year desc) = 1
),

by_province as (
    select
        name.region_code,
        name.province_code as item_code,
        name.name_th as title_th,
        name.name_en as title_en,
        rate.fiscal_year,
        rate.savings_thb_per_person,
        province.welfare_coverage,
        fund.funds_silent,
        fund.funds_without_tambon
    from {{ source('ref', 'province') }} as name
    left join rate on name.province_code = rate.province_code
    left join province on name.province_code = province.province_code
    left join fund on name.province_code = fund.province_code
),

by_tambon as (
    select
        tambon.region_code,
        tambon.tambon_code as item_code,
        concat(tambon.name_th, ' / ', tambon.amphoe_name_th, ' / ', tambon.province_name_th) as title_th,
        concat(tambon.name_en, ' / ', tambon.amphoe_name_en, ' / ', tambon.province_name_en) as title_en,
        linkage.gap_type,
        linkage.rule_th as gap_th,
        linkage.rule_en as gap_en,
        linkage.population_total,
        candidate.score,
        candidate.missing_th,
        candidate.missing_en,
        candidate.is_candidate,
        candidate.is_pilot,
        candidate.rank_in_region,
        held.integration_level,
        held.rule_th as level_th,
        held.rule_en as level_en
    from {{ ref('dim_tambon') }} as tambon
    inner join {{ ref('mart_welfare_linkage') }} as linkage on tambon.tambon_code = linkage.tambon_code
    inner join {{ ref('mart_learning_candidate') }} as candidate on tambon.tambon_code = candidate.tambon_code
    inner join {{ ref('mart_tambon_integration') }} as held on tambon.tambon_code = held.tambon_code
),

item as (
    select region_code, section, section_th, section_en, item_code, title_th, title_en, text_th, text_en, number, unit, item_rank
    from participant
    union all
    select
        region_code,
        'province_savings' as section,
        'เงินออมต่อคน รายจังหวัด' as section_th,
        'Savings per person by province' as section_en,
        item_code,
        title_th,
        title_en,
        concat('ปีงบประมาณ ', cast(fiscal_year + 543 as varchar)) as text_th,
        concat('Fiscal year ', cast(fiscal_year as varchar)) as text_en,
        savings_thb_per_person as number,
        'THB' as unit,
        row_number() over (partition by region_code order by savings_thb_per_person desc, item_code asc) as item_rank
    from by_province
    where savings_thb_per_person is not null
    union all
    select
        region_code,
        'province_welfare_coverage' as section,
        'สมาชิกภาพกองทุนสวัสดิการต่อประชากร รายจังหวัด' as section_th,
        'Welfare memberships per person by province' as section_en,
        item_code,
        title_th,
        title_en,
        null as text_th,
        null as text_en,
        welfare_coverage as number,
        'ratio' as unit,
        row_number() over (partition by region_code order by welfare_coverage desc, item_code asc) as item_rank
    from by_province
    where welfare_coverage is not null
    union all
    select
        region_code,
        'tambon_gap' as section,
        'ตำบลที่การเงินกับสวัสดิการยังไม่เชื่อมกัน ที่มีอย่างใดอย่างหนึ่งขึ้นก่อน แล้วเรียงตามประชากร' as section_th,
        'Tambons where finance and welfare do not meet: those that have one of the two first, then the most people' as section_en,
        item_code,
        title_th,
        title_en,
        gap_th as text_th,
        gap_en as text_en,
        population_total as number,
        'persons' as unit,
        -- where there is nothing yet comes after where one of the two, or both, could be linked
        row_number() over (
            partition by region_code
            order by case when gap_type = 'neither' then 1 else 0 end asc, population_total desc nulls last, item_code asc
        ) as item_rank
    from by_tambon
    where gap_type <> 'linked'
    union all
    select
        region_code,
        'learning_candidate' as section,
        'ตำบลที่น่าจะเป็นตำบลนำร่องหรือศูนย์เรียนรู้' as section_th,
        'Tambons that could become pilots or learning centres' as section_en,
        item_code,
        title_th,
        title_en,
        concat('ข้อที่ยังไม่ผ่าน: ', coalesce(missing_th, 'ไม่มี')) as text_th,
        concat('Not yet met: ', coalesce(missing_en, 'none')) as text_en,
        score as number,
        'points' as unit,
        rank_in_region as item_rank
    from by_tambon
    where is_candidate
    union all
    select
        region_code,
        'pilot' as section,
        'ตำบลนำร่อง' as section_th,
        'Pilot tambons' as section_en,
        item_code,
        title_th,
        title_en,
        level_th as text_th,
        level_en as text_en,
        integration_level as number,
        'level' as unit,
        row_number() over (partition by region_code order by integration_level desc, item_code asc) as item_rank
    from by_tambon
    where is_pilot
    union all
    select
        region_code,
        'province_silent_funds' as section,
        'กองทุนที่ไม่รายงานหรือไม่อยู่ในบัญชีปีล่าสุด รายจังหวัด' as section_th,
        'Funds that did not report or left the latest list, by province' as section_en,
        item_code,
        title_th,
        title_en,
        null as text_th,
        null as text_en,
        funds_silent as number,
        'funds' as unit,
        row_number() over (partition by region_code order by funds_silent desc, item_code asc) as item_rank
    from by_province
    where funds_silent > 0
    union all
    select
        region_code,
        'province_unplaced_funds' as section,
        'กองทุนที่ยังระบุตำบลไม่ได้ รายจังหวัด' as section_th,
        'Funds whose tambon is not known, by province' as section_en,
        item_code,
        title_th,
        title_en,
        null as text_th,
        null as text_en,
        funds_without_tambon as number,
        'funds' as unit,
        row_number() over (partition by region_code order by funds_without_tambon desc, item_code asc) as item_rank
    from by_province
    where funds_without_tambon > 0
)

select
    region_code,
    section,
    item_rank,
    section_th,
    section_en,
    item_code,
    title_th,
    title_en,
    text_th,
    text_en,
    cast(number as double) as number,
    unit
from item
where item_rank <= {{ var('forum_pack_rows') }}
