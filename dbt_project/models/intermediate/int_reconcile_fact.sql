{{ config(materialized="view") }}
{%- set measures = ['funds_known', 'funds_reporting'] + rate_measures() %}

-- Our own facts against themselves: parts against totals in funds, memberships against people, the tambons against the country.
with coverage as (
    select
        country.programme_code,
        country.fiscal_year,
        {{ for_each(measures, "country.@ as @_country, tambon.@ as @_tambon, unresolved.@ as @_unresolved") }}
    from {{ ref('mart_area_year') }} as country
    left join (
        select
            programme_code,
            fiscal_year,
            {{ for_each(measures, "sum(@) as @") }}
        from {{ ref('fct_tambon_year') }}
        group by programme_code, fiscal_year
    ) as tambon on country.programme_code = tambon.programme_code and country.fiscal_year = tambon.fiscal_year
    left join (
        select
            programme_code,
            fiscal_year,
            {{ for_each(measures, "sum(@) as @") }}
        from {{ ref('mart_area_year') }}
        where area_level = 'unresolved'
        group by programme_code, fiscal_year
    ) as unresolved on country.programme_code = unresolved.programme_code and country.fiscal_year = unresolved.fiscal_year
    where country.area_level = 'country' and country.programme_code <> 'all'
),

membership as (
    select
        fund.programme_code,
        fund.fiscal_year,
        count(*) filter (where people.population_total is not null) as tambons_compared,
        count(*) filter (where fund.members_persons > people.population_total) as tambons_differing,
        count(*) filter (where people.population_total is null) as tambons_not_compared,
        sum(people.population_total) as population_total,
        sum(fund.members_persons) filter (where people.population_total is not null) as memberships,
        sum(greatest(fund.members_persons - people.population_total, 0)) as memberships_beyond
    from {{ ref('fct_tambon_year') }} as fund
    left join {{ ref('int_area_population') }} as people
        on people.area_level = 'tambon' and fund.tambon_code = people.area_code and fund.fiscal_year = people.fiscal_year
    where fund.members_persons is not null
    group by fund.programme_code, fund.fiscal_year
)

{{ part_comparisons() }}
union all
select
    'population' as kind,
    concat(programme_code, '/', cast(fiscal_year as varchar)) as item_key,
    'members_persons' as measure_code,
    programme_code,
    fiscal_year,
    population_total as stated_value,
    memberships as our_value,
    memberships_beyond as absolute_gap,
    tambons_compared as items_compared,
    tambons_differing as items_differing,
    tambons_not_compared as items_not_compared,
    cast(null as double) as unresolved_value,
    cast(null as double) as abolished_code_value,
    'จำนวนตำบลที่สมาชิกภาพของประเภทกองทุนเดียวมากกว่าประชากร' as note_th,
    'Tambons where the memberships of one programme are more than the people' as note_en
from membership
union all
{{ coverage_comparisons('coverage', measures) }}
