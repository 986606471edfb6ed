-- Every key under which a province or an amphoe may be written.
with province_name as (
    select province_code, name_th as name from {{ source('ref', 'province') }}
    union all
    select province_code, name_en from {{ source('ref', 'province') }}
    union all
    select province_code, name_th from {{ source('ref', 'province_alias') }}
),

amphoe_name as (
    select amphoe_code, province_code, is_current, successor_code, name_th as name from {{ source('ref', 'amphoe') }}
    union all
    select amphoe_code, province_code, is_current, successor_code, name_en from {{ source('ref', 'amphoe') }}
),

capital_word as (
    select unnest(['เมือง', 'mueang', 'muang']) as name_key
)

select distinct
    'province' as level,
    province_code as area_code,
    province_code,
    true as is_current,
    cast(null as varchar) as successor_code,
    {{ name_key('name', 'province') }} as name_key,
    false as needs_province
from province_name
where {{ name_key('name', 'province') }} is not null
union all
select distinct
    'amphoe' as level,
    amphoe_code as area_code,
    province_code,
    is_current,
    successor_code,
    {{ name_key('name', 'amphoe') }} as name_key,
    false as needs_province
from amphoe_name
where {{ name_key('name', 'amphoe') }} is not null
union all
-- "เมือง" alone is the capital amphoe of its province (DOPA numbers it 01); Bangkok has none.
select
    'amphoe' as level,
    amphoe.amphoe_code as area_code,
    amphoe.province_code,
    amphoe.is_current,
    amphoe.successor_code,
    capital_word.name_key,
    true as needs_province
from {{ source('ref', 'amphoe') }} as amphoe
cross join capital_word
where amphoe.amphoe_code = concat(amphoe.province_code, '01') and amphoe.province_code <> '10' and amphoe.is_current
