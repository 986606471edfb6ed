-- What was reported for a tambon, summed over the reported areas that it is today (two abolished codes that became one add up).
select
    coalesce(tambon_code, concat('place:', place_id)) as area_key,
    indicator_code,
    calendar_year,
    tambon_code,
    any_value(tambon_unit_id) as tambon_unit_id,
    any_value(amphoe_code) as amphoe_code,
    any_value(province_code) as province_code,
    sum(value) as value,
    count(*) as reported_place_count,
    case when min(method) = max(method) then min(method) else 'mixed' end as resolution_method
from {{ ref('int_area_statistic_latest') }}
group by 1, indicator_code, calendar_year, tambon_code
