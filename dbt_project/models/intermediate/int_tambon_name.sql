-- Every key under which a tambon, current or abolished, may be written.
with named as (
    select tambon_code, name_th as name, 'official' as kind from {{ source('ref', 'tambon') }}
    union all
    select tambon_code, name_en, 'english' from {{ source('ref', 'tambon') }}
    union all
    select tambon_code, name_th, kind from {{ source('ref', 'tambon_alias') }}
),

keyed as (
    select
        tambon_code,
        {{ name_key('name', 'tambon') }} as name_key,
        -- one key may be official and an alias at once: keep the strongest
        min(case kind when 'official' then 1 when 'english' then 2 when 'former' then 3 else 4 end) as kind_rank
    from named
    where name is not null
    group by 1, 2
)

select
    keyed.tambon_code,
    tambon.amphoe_code,
    tambon.province_code,
    tambon.is_current,
    tambon.label_th,
    coalesce(tambon.single_successor_code, tambon.tambon_code) as target_code,
    tambon.tambon_unit_id,
    keyed.name_key,
    case keyed.kind_rank when 1 then 'official' when 2 then 'english' when 3 then 'former' else 'variant' end as kind
from keyed
inner join {{ ref('stg_tambon') }} as tambon on keyed.tambon_code = tambon.tambon_code
where keyed.name_key is not null
