-- Figures that agencies announced, as last delivered, each with the area it is of: to be held against our own sums.
with report as (
    select
        total.*,
        delivery.sequence,
        place.tambon_code,
        place.amphoe_code,
        place.province_code,
        place.method as resolution_method
    from {{ ref('stg_published_total') }} as total
    inner join {{ ref('stg_delivery') }} as delivery on total.delivery_id = delivery.delivery_id
    inner join {{ ref('int_place_resolved') }} as place on {{ same_place('total', 'place') }}
),

region as (
    select region_code, region_code as name from {{ source('ref', 'region') }}
    union
    select region_code, name_th from {{ source('ref', 'region') }}
    union
    select region_code, lower(name_en) from {{ source('ref', 'region') }}
),

region_name as (
    select name, min(region_code) as region_code
    from region
    group by name
    having count(distinct region_code) = 1
)

select
    report.feed_code,
    report.total_code,
    report.agency_code,
    report.measure_code,
    report.programme_code,
    report.fund_type,
    report.fund_status,
    report.area_level,
    -- the code under which mart_area_year has the area; NULL where it is not known
    case report.area_level
        when 'country' then 'TH'
        when 'region' then region_name.region_code
        when 'province' then report.province_code
        when 'amphoe' then report.amphoe_code
        when 'tambon' then report.tambon_code
    end as area_code,
    report.area_name,
    report.fiscal_year,
    report.as_of_on,
    report.part_of,
    report.published_value,
    report.source,
    report.source_url,
    report.delivery_id,
    report.sheet,
    report.row_number
from report
left join region_name on lower(report.area_name) = region_name.name
qualify row_number() over (
    partition by report.feed_code, report.total_code
    order by report.sequence desc, report.sheet desc, report.row_number desc
) = 1
