select
    delivery_id,
    agency_code,
    feed_code,
    sheet,
    row_number,
    reported_tambon_code,
    reported_code6,
    moo,
    reported_tambon,
    reported_amphoe,
    reported_province,
    indicator_code,
    calendar_year,
    reference_date,
    value
from {{ source('raw', 'area_statistic') }}
