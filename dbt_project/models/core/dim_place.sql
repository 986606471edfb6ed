select
    reported.place_id,
    reported.reported_tambon_code,
    reported.reported_code6,
    reported.reported_tambon,
    reported.reported_amphoe,
    reported.reported_province,
    resolved.tambon_code,
    resolved.tambon_unit_id,
    resolved.amphoe_code,
    resolved.province_code,
    resolved.method,
    resolved.confidence,
    resolved.candidates,
    resolved.reason
from {{ ref('int_place_reported') }} as reported
inner join {{ ref('int_place_resolved') }} as resolved on reported.place_id = resolved.place_id
