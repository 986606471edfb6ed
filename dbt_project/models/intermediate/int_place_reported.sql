-- Every distinct place as reported, over all kinds of record. Names are keyed here once, on places and never on rows.
with place as (
    select distinct reported_tambon_code, reported_code6, reported_tambon, reported_amphoe, reported_province
    from {{ ref('stg_fund_report') }}
    union
    select distinct reported_tambon_code, reported_code6, reported_tambon, reported_amphoe, reported_province
    from {{ ref('stg_area_statistic') }}
    union
    select distinct reported_tambon_code, reported_code6, reported_tambon, reported_amphoe, reported_province
    from {{ ref('stg_site') }}
    union
    select distinct reported_tambon_code, reported_code6, reported_tambon, reported_amphoe, reported_province
    from {{ ref('stg_event') }}
    union
    select distinct reported_tambon_code, reported_code6, reported_tambon, reported_amphoe, reported_province
    from {{ ref('stg_published_total') }}
)

select
    {{ place_id() }} as place_id,
    reported_tambon_code,
    reported_code6,
    reported_tambon,
    reported_amphoe,
    reported_province,
    {{ name_key('reported_tambon', 'tambon') }} as tambon_key,
    {{ name_key('reported_amphoe', 'amphoe') }} as amphoe_key,
    {{ name_key('reported_province', 'province') }} as province_key
from place
