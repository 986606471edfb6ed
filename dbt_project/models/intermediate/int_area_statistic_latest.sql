{{ config(materialized="view") }}

-- The latest delivery of each reported area, indicator and year in each feed. The reported area is its code where that is a known one:
-- two abolished codes that became one tambon are two areas that add up, the same code delivered twice is one. What another feed says of
-- the same area is another figure and replaces nothing.
with keyed as (
    select
        statistic.feed_code,
        statistic.delivery_id,
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
),

sized as (
    select feed_code, indicator_code, calendar_year, sequence, count(*) as row_count
    from keyed
    group by feed_code, indicator_code, calendar_year, sequence
),

-- A row whose place is unknown has no key by which a later delivery could replace it: it goes when its feed delivers the year anew,
-- at least half as many rows as before. A correction of a few rows does not replace what it leaves out.
replaced as (
    select distinct older.feed_code, older.indicator_code, older.calendar_year, older.sequence
    from sized as older
    inner join sized as newer
        on
            older.feed_code = newer.feed_code
            and older.indicator_code = newer.indicator_code
            and older.calendar_year = newer.calendar_year
            and older.sequence < newer.sequence
            and older.row_count <= 2 * newer.row_count
),

-- A row under an abolished code goes when a later delivery gives its tambon under today's code, which is the whole of it: both together
-- would count it twice. A row under today's code goes for an abolished one only where the year is delivered anew. Two abolished codes,
-- one in each delivery, are still two areas.
recoded as (
    select
        older.feed_code,
        older.indicator_code,
        older.calendar_year,
        older.sequence,
        older.reported_key,
        bool_or(newer.reported_key = newer.tambon_code) as is_whole
    from keyed as older
    inner join keyed as newer
        on
            older.feed_code = newer.feed_code
            and older.indicator_code = newer.indicator_code
            and older.calendar_year = newer.calendar_year
            and older.tambon_code = newer.tambon_code
            and older.sequence < newer.sequence
            and older.reported_key <> newer.reported_key
            and (older.reported_key = older.tambon_code or newer.reported_key = newer.tambon_code)
    group by older.feed_code, older.indicator_code, older.calendar_year, older.sequence, older.reported_key
),

standing as (
    select keyed.*
    from keyed
    left join replaced
        on
            keyed.feed_code = replaced.feed_code
            and keyed.indicator_code = replaced.indicator_code
            and keyed.calendar_year = replaced.calendar_year
            and keyed.sequence = replaced.sequence
    left join recoded
        on
            keyed.feed_code = recoded.feed_code
            and keyed.indicator_code = recoded.indicator_code
            and keyed.calendar_year = recoded.calendar_year
            and keyed.sequence = recoded.sequence
            and keyed.reported_key = recoded.reported_key
    where
        not coalesce(recoded.is_whole, false)
        and (replaced.sequence is null or (keyed.tambon_code is not null and recoded.sequence is null))
)

select
    feed_code,
    reported_key,
    indicator_code,
    calendar_year,
    place_id,
    tambon_code,
    tambon_unit_id,
    amphoe_code,
    province_code,
    method,
    value,
    delivery_id,
    sheet,
    row_number
from standing
qualify row_number() over (
    partition by feed_code, reported_key, indicator_code, calendar_year
    order by sequence desc, sheet desc, row_number desc
) = 1
