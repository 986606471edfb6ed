select
    tambon_code,
    name_th,
    name_en,
    amphoe_code,
    amphoe_name_th,
    amphoe_name_en,
    province_code,
    province_name_th,
    province_name_en,
    region_code,
    region_name_th,
    region_name_en,
    is_current,
    valid_from,
    valid_to,
    tambon_unit_id
from {{ ref('stg_tambon') }}
