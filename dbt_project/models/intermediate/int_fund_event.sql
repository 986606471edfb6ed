-- What this build decided about the ids of funds; appended to the registry once the build is published.
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
    decided_by,
    decided_on,
    build_id
from {{ ref('int_fund_resolution') }}
where part = 'event'
