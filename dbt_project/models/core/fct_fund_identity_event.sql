-- How funds came to their ids: every registration, merge and split, with the day and the build. Who decided stays with the steward's file.
with event as (
    select * from {{ source('raw', 'fund_registry') }}
    union all by name
    select * from {{ ref('int_fund_event') }} as new
    where
        -- a build that was asked twice decides the same
        not exists (
            select 1 from {{ source('raw', 'fund_registry') }} as kept
            where kept.event_id = new.event_id
        )
)

select
    event_id,
    event,
    source_fund_key,
    feed_code,
    fund_code,
    fund_id,
    previous_fund_id,
    method,
    probability,
    reason,
    decided_on,
    build_id
from event
