-- The answer for every reported place: a tambon, or why not.
with answer as (
    select
        ladder.place_id,
        ladder.reported_tambon_code,
        ladder.reported_code6,
        ladder.reported_tambon,
        ladder.reported_amphoe,
        ladder.reported_province,
        coalesce(fuzzy.tambon_code, ladder.tambon_code) as tambon_code,
        coalesce(fuzzy.amphoe_code, ladder.named_amphoe_code) as named_amphoe_code,
        coalesce(fuzzy.province_code, ladder.named_province_code) as named_province_code,
        ladder.known_code,
        coalesce(fuzzy.method, ladder.method) as method,
        coalesce(fuzzy.confidence, ladder.confidence) as confidence,
        coalesce(fuzzy.candidates, ladder.candidates) as candidates,
        coalesce(fuzzy.reason, ladder.reason) as reason
    from {{ ref('int_place_ladder') }} as ladder
    left join {{ ref('int_place_fuzzy') }} as fuzzy on ladder.place_id = fuzzy.place_id
)

select
    answer.place_id,
    answer.reported_tambon_code,
    answer.reported_code6,
    answer.reported_tambon,
    answer.reported_amphoe,
    answer.reported_province,
    answer.tambon_code,
    tambon.tambon_unit_id,
    -- a resolved tambon says its area; else what the names say, as far as they do
    case when answer.tambon_code is not null then tambon.area_amphoe_code else answer.named_amphoe_code end as amphoe_code,
    case
        when answer.tambon_code is not null then substr(tambon.area_amphoe_code, 1, 2)
        else coalesce(answer.named_province_code, substr(answer.named_amphoe_code, 1, 2))
    end as province_code,
    answer.method,
    answer.confidence,
    answer.candidates,
    answer.reason,
    answer.known_code
from answer
left join {{ ref('stg_tambon') }} as tambon on answer.tambon_code = tambon.tambon_code
