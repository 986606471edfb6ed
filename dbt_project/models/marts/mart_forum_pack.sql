{%- set counts = [
    'level_0', 'level_1', 'level_2', 'level_3', 'level_4', 'neither', 'finance_without_welfare', 'welfare_without_finance',
    'both_not_linked', 'linked', 'pilot', 'fund_learning_centre', 'candidate',
] -%}
-- What a region's forum needs on one page: one row a region. Sums take every fund once, each programme in its latest year.
with forum as (
    select
        region_code,
        event_code,
        min(event_name) as forum_name,
        min(starts_on) as starts_on,
        max(ends_on) as ends_on,
        min(venue) as venue,
        count(distinct participant_key) as participant_count,
        sum(participants_persons) as delegates
    from {{ ref('fct_event_participant') }}
    where event_type = 'regional_forum' and region_code is not null
    group by region_code, event_code
    -- the last forum of a region; of two on one day always the same
    qualify row_number() over (partition by region_code order by min(starts_on) desc nulls last, event_code asc) = 1
),

tambon as (
    select
        held.region_code,
        count(*) as tambons,
        count(*) filter (where held.funds > 0) as tambons_with_funds,
        count(*) filter (where held.integration_level = 0) as tambons_level_0,
        count(*) filter (where held.integration_level = 1) as tambons_level_1,
        count(*) filter (where held.integration_level = 2) as tambons_level_2,
        count(*) filter (where held.integration_level = 3) as tambons_level_3,
        count(*) filter (where held.integration_level = 4) as tambons_level_4,
        count(*) filter (where linkage.gap_type = 'neither') as tambons_neither,
        count(*) filter (where linkage.gap_type = 'finance_without_welfare') as tambons_finance_without_welfare,
        count(*) filter (where linkage.gap_type = 'welfare_without_finance') as tambons_welfare_without_finance,
        count(*) filter (where linkage.gap_type = 'both_not_linked') as tambons_both_not_linked,
        count(*) filter (where linkage.gap_type = 'linked') as tambons_linked,
        count(*) filter (where held.has_pilot) as tambons_pilot,
        count(*) filter (where held.has_fund_learning_centre) as tambons_fund_learning_centre,
        count(*) filter (where candidate.is_candidate) as tambons_candidate,
        sum(linkage.welfare_memberships) as welfare_memberships,
        sum(linkage.population_total) as population_total
    from {{ ref('mart_tambon_integration') }} as held
    left join {{ ref('mart_welfare_linkage') }} as linkage on held.tambon_code = linkage.tambon_code
    left join {{ ref('mart_learning_candidate') }} as candidate on held.tambon_code = candidate.tambon_code
    group by held.region_code
),

fund as (
    select
        region_code,
        count(*) as funds,
        count(*) filter (where is_linked) as funds_linked,
        count(*) filter (where reporting_status = 'reported') as funds_reporting,
        count(*) filter (where reporting_status = 'not_reported') as funds_not_reporting,
        count(*) filter (where reporting_status = 'not_listed') as funds_not_listed,
        count(*) filter (where tambon_code is null) as funds_without_tambon
    from {{ ref('mart_fund_directory') }}
    where region_code is not null
    group by region_code
),

money as (
    select
        province.region_code,
        sum(area.savings_thb) as savings_total_thb,
        sum(area.loans_outstanding_thb) as loans_outstanding_total_thb,
        sum(area.loans_overdue_thb) as loans_overdue_total_thb,
        sum(area.ratio_overdue_thb) / nullif(sum(area.ratio_outstanding_thb), 0) as overdue_ratio
    from {{ ref('int_fund_area_all') }} as area
    inner join {{ source('ref', 'province') }} as province on area.province_code = province.province_code
    where area.basis = 'latest' and area.tambon_code is not null
    group by province.region_code
),

people as (
    select area_code as region_code, fiscal_year, memberships_sum, people_lower, people_upper
    from {{ ref('mart_membership_bounds') }}
    where area_level = 'region'
    qualify row_number() over (partition by area_code order by fiscal_year desc) = 1
),

place as (
    select province.region_code, count(*) as places_unresolved
    from {{ ref('dim_place') }} as place
    inner join {{ source('ref', 'province') }} as province on place.province_code = province.province_code
    where place.tambon_code is null
    group by province.region_code
)

select
    region.region_code,
    region.name_th as region_name_th,
    region.name_en as region_name_en,
    forum.event_code,
    forum.forum_name,
    forum.starts_on,
    forum.ends_on,
    forum.venue,
    coalesce(forum.participant_count, 0) as participant_count,
    forum.delegates,
    coalesce(tambon.tambons, 0) as tambons,
    coalesce(tambon.tambons_with_funds, 0) as tambons_with_funds,
    coalesce(fund.funds, 0) as funds,
    coalesce(fund.funds_linked, 0) as funds_linked,
    coalesce(fund.funds_reporting, 0) as funds_reporting,
    people.fiscal_year as memberships_fiscal_year,
    people.memberships_sum as memberships,
    people.people_lower,
    people.people_upper,
    money.savings_total_thb,
    money.loans_outstanding_total_thb,
    money.loans_overdue_total_thb,
    money.overdue_ratio,
    tambon.welfare_memberships,
    tambon.population_total,
    tambon.welfare_memberships / nullif(tambon.population_total, 0) as welfare_coverage,
    {{ for_each(counts, "coalesce(tambon.tambons_@, 0) as tambons_@") }},
    coalesce(fund.funds_not_reporting, 0) as funds_not_reporting,
    coalesce(fund.funds_not_listed, 0) as funds_not_listed,
    coalesce(fund.funds_without_tambon, 0) as funds_without_tambon,
    coalesce(place.places_unresolved, 0) as places_unresolved
from {{ source('ref', 'region') }} as region
left join forum on region.region_code = forum.region_code
left join tambon on region.region_code = tambon.region_code
left join fund on region.region_code = fund.region_code
left join money on region.region_code = money.region_code
left join people on region.region_code = people.region_code
left join place on region.region_code = place.region_code
