-- Every tambon code, current and abolished, with the names of what it lies in. `single_successor_code` is set where an
-- abolished code became exactly one current tambon; `area_amphoe_code` is the current amphoe that holds the land today.
with successor as (
    select
        tambon_code,
        count(distinct successor_code) as successor_count,
        min(successor_code) as first_successor_code,
        min(basis) as basis
    from {{ source('ref', 'tambon_successor') }}
    where basis in ('notice', 'name')
    group by tambon_code
)

select
    tambon.tambon_code,
    tambon.name_th,
    tambon.name_en,
    tambon.amphoe_code,
    amphoe.name_th as amphoe_name_th,
    amphoe.name_en as amphoe_name_en,
    tambon.province_code,
    province.name_th as province_name_th,
    province.name_en as province_name_en,
    province.region_code,
    region.name_th as region_name_th,
    region.name_en as region_name_en,
    tambon.is_current,
    tambon.valid_from,
    tambon.valid_to,
    tambon.tambon_unit_id,
    concat_ws(' / ', tambon.name_th, amphoe.name_th, province.name_th) as label_th,
    coalesce(successor.successor_count, 0) as successor_count,
    case
        when not tambon.is_current and successor.successor_count = 1 then successor.first_successor_code
    end as single_successor_code,
    successor.basis as successor_basis,
    case
        when tambon.is_current then tambon.amphoe_code
        else coalesce(landed.amphoe_code, amphoe.successor_code, tambon.amphoe_code)
    end as area_amphoe_code
from {{ source('ref', 'tambon') }} as tambon
left join {{ source('ref', 'amphoe') }} as amphoe on tambon.amphoe_code = amphoe.amphoe_code
left join {{ source('ref', 'province') }} as province on tambon.province_code = province.province_code
left join {{ source('ref', 'region') }} as region on province.region_code = region.region_code
left join successor on tambon.tambon_code = successor.tambon_code
left join {{ source('ref', 'tambon') }} as landed on successor.first_successor_code = landed.tambon_code
