select
    coalesce(tambon_code, concat('place:', place_id)) as area_key,
    indicator_code,
    calendar_year,
    tambon_code,
    min(tambon_unit_id) as tambon_unit_id,
    min(amphoe_code) as amphoe_code,
    min(province_code) as province_code,
    sum(value) as value,
    count(distinct reported_key) as reported_place_count,
    case when count(distinct method) = 1 then min(method) else 'mixed' end as resolution_method
from {{ ref('int_area_statistic_latest') }}
group by coalesce(tambon_code, concat('place:', place_id)), indicator_code, calendar_year, tambon_code
