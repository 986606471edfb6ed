{{ config(materialized="view") }}

-- The latest delivery of each reported area, indicator and year. The reported area is its code where that is a known one: two abolished
-- codes that became one tambon are two areas that add up, the same code delivered twice is one.
with keyed as (
    select
        statistic.sheet,
        statistic.row_number,
        delivery.sequence,
        statistic.indicator_code,
        statistic.calendar_year,
        statistic.value,
        place.place_id,
        place.tambon_code,
        place.tambon_unit_id,
        place.amphoe_code,
        place.province_code,
        place.method,
        -- a code that its names contradict is no key: it may be another area's
        coalesce(
            case when place.method not in ('conflict', 'override') then place.known_code end,
            place.tambon_code,
            place.place_id
        ) as reported_key
    from {{ ref('stg_area_statistic') }} as statistic
    inner join {{ ref('stg_delivery') }} as delivery on statistic.delivery_id = delivery.delivery_id
    inner join {{ ref('int_place_resolved') }} as place on {{ same_place('statistic', 'place') }}
)

select
    reported_key,
    indicator_code,
    calendar_year,
    place_id,
    tambon_code,
    tambon_unit_id,
    amphoe_code,
    province_code,
    method,
    value
from keyed
qualify row_number() over (
    partition by reported_key, indicator_code, calendar_year
    order by sequence desc, sheet desc, row_number desc
) = 1
