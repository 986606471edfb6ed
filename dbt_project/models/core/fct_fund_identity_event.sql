-- How funds came to their ids: every registration, merge and split, with the day and the build. Who decided stays with the steward's file.
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
from (
    select *, 1 as told from {{ source('raw', 'fund_registry') }}
    union all by name
    select *, 2 as told from {{ ref('int_fund_event') }}
) as event
-- the same build asked twice decides the same
qualify row_number() over (partition by event_id order by told) = 1
