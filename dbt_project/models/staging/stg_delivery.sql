select
    delivery_id,
    agency_code,
    feed_code,
    record_kind,
    sequence,
    arrived_at,
    file_name,
    is_synthetic
from {{ source('raw', 'delivery') }}
