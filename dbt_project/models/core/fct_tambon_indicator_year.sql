-- What a feed reported for a tambon, summed over the reported areas that it is today (two abolished codes that became one add up). Where
-- two feeds give one indicator, one of them is preferred in a year for all tambons, so that a sum never mixes them: of the feeds with at
-- least half as many areas as the fullest in that year, the one with most over all years.
with area as (
    select
        coalesce(tambon_code, concat('place:', place_id)) as area_key,
        indicator_code,
        calendar_year,
        feed_code,
        tambon_code,
        any_value(tambon_unit_id) as tambon_unit_id,
        any_value(amphoe_code) as amphoe_code,
        any_value(province_code) as province_code,
        sum(value) as value,
        count(*) as reported_place_count,
        case when min(method) = max(method) then min(method) else 'mixed' end as resolution_method,
        case when count(*) = 1 then min(delivery_id) end as delivery_id,
        case when count(*) = 1 then min(sheet) end as sheet,
        case when count(*) = 1 then min(row_number) end as row_number
    from {{ ref('int_area_statistic_latest') }}
    group by 1, indicator_code, calendar_year, feed_code, tambon_code
),

sized as (
    select indicator_code, calendar_year, feed_code, count(*) as areas
    from area
    group by indicator_code, calendar_year, feed_code
),

weighed as (
    select
        *,
        sum(areas) over (partition by indicator_code, feed_code) as areas_ever,
        2 * areas >= max(areas) over (partition by indicator_code, calendar_year) as is_full
    from sized
),

preferred as (
    select
        indicator_code,
        calendar_year,
        feed_code,
        row_number() over (
            partition by indicator_code, calendar_year
            order by is_full desc, areas_ever desc, feed_code asc
        ) = 1 as is_preferred
    from weighed
)

select
    area.area_key,
    area.indicator_code,
    area.calendar_year,
    area.feed_code,
    preferred.is_preferred,
    area.tambon_code,
    area.tambon_unit_id,
    area.amphoe_code,
    area.province_code,
    area.value,
    area.reported_place_count,
    area.resolution_method,
    area.delivery_id,
    area.sheet,
    area.row_number
from area
inner join preferred
    on
        area.indicator_code = preferred.indicator_code
        and area.calendar_year = preferred.calendar_year
        and area.feed_code = preferred.feed_code
