select
    place_id,
    reported_tambon_code,
    reported_code6,
    reported_tambon,
    reported_amphoe,
    reported_province,
    tambon_code,
    tambon_unit_id,
    amphoe_code,
    province_code,
    method,
    confidence,
    candidates,
    reason
from {{ ref('int_place_resolved') }}
