-- Memberships are not people: one person may be in several funds. What can be said of the people: at least as many as the largest
-- programme has members, at most the lesser of all memberships and the population.
with members as (
    select
        area.tambon_code,
        area.amphoe_code,
        area.province_code,
        area.programme_code,
        area.fiscal_year,
        area.members_persons,
        -- without funds that another programme counts
        case when counted.area_key is null then area.members_persons else counted.members_persons end as counted_persons
    from {{ ref('int_fund_area_year') }} as area
    left join {{ ref('int_fund_area_counted') }} as counted
        on
            counted.basis = 'year'
            and area.area_key = counted.area_key
            and area.programme_code = counted.programme_code
            and area.fiscal_year = counted.fiscal_year
    where area.members_persons is not null
),

leveled as (
    select 'tambon' as area_level, tambon_code as area_code, programme_code, fiscal_year, members_persons, counted_persons
    from members where tambon_code is not null
    union all
    select 'amphoe' as area_level, amphoe_code as area_code, programme_code, fiscal_year, members_persons, counted_persons
    from members where tambon_code is not null
    union all
    select 'province' as area_level, province_code as area_code, programme_code, fiscal_year, members_persons, counted_persons
    from members where tambon_code is not null
    union all
    select 'region' as area_level, province.region_code as area_code, programme_code, fiscal_year, members_persons, counted_persons
    from members
    inner join {{ source('ref', 'province') }} as province on members.province_code = province.province_code
    where tambon_code is not null
    union all
    select 'country' as area_level, 'TH' as area_code, programme_code, fiscal_year, members_persons, counted_persons
    from members
),

programme as (
    select
        area_level,
        area_code,
        programme_code,
        fiscal_year,
        sum(members_persons) as memberships,
        sum(counted_persons) as counted_memberships
    from leveled
    group by area_level, area_code, programme_code, fiscal_year
),

bounded as (
    select
        area_level,
        area_code,
        fiscal_year,
        sum(counted_memberships) as memberships_sum,
        max(memberships) as people_lower,
        count(*) as programme_count,
        -- of two of one size the first by its code
        min(programme_code) filter (where memberships = largest) as largest_programme
    from (
        select *, max(memberships) over (partition by area_level, area_code, fiscal_year) as largest from programme
    ) as measured
    group by area_level, area_code, fiscal_year
)

select
    bounded.area_level,
    bounded.area_code,
    bounded.fiscal_year,
    bounded.memberships_sum,
    bounded.programme_count,
    bounded.largest_programme,
    bounded.people_lower,
    least(bounded.memberships_sum, people.population_total) as people_upper,
    people.population_total,
    people.population_year,
    bounded.people_lower <= least(bounded.memberships_sum, people.population_total) as is_consistent
from bounded
left join {{ ref('int_area_population') }} as people
    on
        bounded.area_level = people.area_level
        and bounded.area_code = people.area_code
        and bounded.fiscal_year = people.fiscal_year
