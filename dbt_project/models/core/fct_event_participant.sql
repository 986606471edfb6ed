-- Who takes part in which forum, as last delivered: one row an organisation, never a person.
with report as (
    select
        event.*,
        delivery.sequence,
        coalesce(event.participant_code, event.participant_name, '') as participant_key,
        place.tambon_code,
        place.amphoe_code,
        place.province_code
    from {{ ref('stg_event') }} as event
    inner join {{ ref('stg_delivery') }} as delivery on event.delivery_id = delivery.delivery_id
    inner join {{ ref('int_place_resolved') }} as place on {{ same_place('event', 'place') }}
)

select
    feed_code,
    event_code,
    participant_key,
    agency_code,
    event_name,
    event_type,
    region as region_code,
    fiscal_year,
    starts_on,
    ends_on,
    venue,
    participant_code,
    participant_name,
    participant_role,
    participants_persons,
    tambon_code,
    amphoe_code,
    province_code,
    delivery_id,
    sheet,
    row_number
from report
qualify row_number() over (
    partition by feed_code, event_code, participant_key
    order by sequence desc, sheet desc, row_number desc
) = 1
