-- How far the funds of a current tambon stand together. Every level asks for what the levels below it ask for.
with programme as (
    select
        tambon_code,
        count(*) filter (where funds_known > 0) as programmes_present,
        count(*) filter (where funds_reporting > 0) as programmes_reporting,
        {{ text_list("case when funds_known > 0 then programme_code end") }} as programmes,
        coalesce(bool_or(funds_known > 0 and {{ is_finance('family') }}), false) as has_finance,
        coalesce(bool_or(funds_known > 0 and {{ is_welfare('family') }}), false) as has_welfare
    from {{ ref('mart_tambon_programme') }}
    group by tambon_code
),

fund as (
    select
        tambon_code,
        count(*) as funds,
        count(*) filter (where is_linked) as funds_linked
    from {{ ref('mart_fund_directory') }}
    where tambon_code is not null
    group by tambon_code
),

agency as (
    select
        fund.tambon_code,
        count(distinct source.agency_code) as agency_count,
        {{ text_list('source.agency_code') }} as agencies
    from (
        select distinct fund_id, agency_code from {{ ref('dim_fund_source') }}
    ) as source
    inner join {{ ref('dim_fund') }} as fund on source.fund_id = fund.fund_id
    where fund.tambon_code is not null
    group by fund.tambon_code
),

site as (
    select
        tambon_code,
        bool_or(site_type in ('nfe_centre', 'fund_learning_centre')) as has_learning_centre,
        bool_or(site_type = 'fund_learning_centre') as has_fund_learning_centre,
        bool_or(site_type = 'pilot') as has_pilot
    from {{ ref('dim_site') }}
    where tambon_code is not null and coalesce(site_status, 'active') = 'active'
    group by tambon_code
),

held as (
    select
        tambon.tambon_code,
        tambon.province_code,
        tambon.region_code,
        coalesce(programme.programmes_present, 0) as programmes_present,
        coalesce(programme.programmes_reporting, 0) as programmes_reporting,
        programme.programmes,
        coalesce(agency.agency_count, 0) as agency_count,
        agency.agencies,
        coalesce(fund.funds, 0) as funds,
        coalesce(fund.funds_linked, 0) as funds_linked,
        fund.funds_linked / cast(nullif(fund.funds, 0) as double) as funds_linked_share,
        coalesce(programme.has_finance, false) as has_finance,
        coalesce(programme.has_welfare, false) as has_welfare,
        coalesce(site.has_learning_centre, false) as has_learning_centre,
        coalesce(site.has_fund_learning_centre, false) as has_fund_learning_centre,
        coalesce(site.has_pilot, false) as has_pilot
    from {{ ref('dim_tambon') }} as tambon
    left join programme on tambon.tambon_code = programme.tambon_code
    left join fund on tambon.tambon_code = fund.tambon_code
    left join agency on tambon.tambon_code = agency.tambon_code
    left join site on tambon.tambon_code = site.tambon_code
    where tambon.is_current
),

leveled as (
    select
        *,
        case
            when programmes_present = 0 then 0
            when programmes_present = 1 then 1
            when not (has_finance and has_welfare and funds_linked > 0) then 2
            when not (has_pilot or has_fund_learning_centre) then 3
            else 4
        end as integration_level
    from held
)

select
    leveled.*,
    case integration_level
        when 0 then 'ระดับ 0: ไม่พบกองทุนในตำบล'
        when 1 then 'ระดับ 1: มีกองทุนประเภทเดียว'
        when 2 then 'ระดับ 2: มีกองทุนตั้งแต่สองประเภท แต่ยังไม่ครบทั้งการเงิน สวัสดิการ และกองทุนที่เชื่อมโยงกันได้'
        when 3 then 'ระดับ 3: มีทั้งกองทุนการเงินและกองทุนสวัสดิการ และมีกองทุนที่อยู่ในบัญชีตั้งแต่สองบัญชีอย่างน้อยหนึ่งกองทุน'
        else 'ระดับ 4: ครบตามระดับ 3 และเป็นตำบลนำร่องหรือมีศูนย์เรียนรู้กองทุน (ไม่นับ กศน. ตำบล ซึ่งมีเกือบทุกตำบล)'
    end as rule_th,
    case integration_level
        when 0 then 'Level 0: no fund is known in the tambon'
        when 1 then 'Level 1: funds of one programme only'
        when 2 then 'Level 2: two programmes or more, but not yet finance, welfare and a linked fund together'
        when 3 then 'Level 3: both finance and welfare funds, and at least one fund that stands in two lists or more'
        else 'Level 4: as level 3, and a pilot or a fund learning centre (non-formal education centres do not count)'
    end as rule_en
from leveled
