-- What waits for a person: pairs of entries that may be one fund, and places that could not be resolved but have candidates.
with pair as (
    select
        concat('L', substr(md5(concat(left_key, '|', right_key)), 1, 10)) as item_id,
        case when reason = 'recoded' then 'recode' else 'link' end as kind,
        reason,
        probability as confidence,
        cast(2 as bigint) as records,
        feed_a,
        fund_a,
        name_a,
        feed_b,
        fund_b,
        name_b,
        tambon_code as suggestion,
        evidence_json as evidence
    from {{ ref('int_fund_review') }}
),

reported as (
    select place_id, count(*) as records
    from {{ ref('fct_fund_agency_year') }}
    where tambon_code is null
    group by place_id
),

place as (
    select
        concat('P', substr(md5(concat('place|', place.place_id)), 1, 10)) as item_id,
        'place' as kind,
        place.method as reason,
        -- of several candidates none is sure, and a name without amphoe and province says little even where only one tambon has it
        coalesce(try_cast(json_extract_string(place.candidates, '$[0].score') as double), 0) / 100
        / greatest(json_array_length(place.candidates), 1)
        * case when place.reported_amphoe is null and place.reported_province is null then 0.5 else 1 end as confidence,
        coalesce(reported.records, 1) as records,
        place.reported_tambon_code,
        place.reported_tambon,
        place.reported_amphoe,
        place.reported_province,
        json_extract_string(place.candidates, '$[0].code') as suggestion,
        place.candidates as evidence
    from {{ ref('dim_place') }} as place
    left join reported on place.place_id = reported.place_id
    where place.tambon_code is null and place.candidates is not null
)

select
    pair.item_id,
    pair.kind,
    pair.reason,
    pair.confidence,
    pair.records,
    pair.feed_a,
    pair.fund_a,
    pair.name_a,
    pair.feed_b,
    pair.fund_b,
    pair.name_b,
    cast(null as varchar) as reported_tambon_code,
    cast(null as varchar) as reported_tambon,
    cast(null as varchar) as reported_amphoe,
    cast(null as varchar) as reported_province,
    pair.suggestion,
    pair.evidence,
    case
        when pair.kind = 'recode'
            then concat(
                pair.feed_a, ' ', pair.fund_a, ' «', coalesce(pair.name_a, ''), '» เปลี่ยนรหัสเป็น ', pair.fund_b, ' «', coalesce(pair.name_b, ''), '» ใช่หรือไม่'
            )
        else
            concat(
                pair.feed_a, ' ', pair.fund_a, ' «', coalesce(pair.name_a, ''), '» กับ ', pair.feed_b, ' ', pair.fund_b, ' «', coalesce(pair.name_b, ''),
                '» เป็นกองทุนเดียวกันหรือไม่'
            )
    end as question_th,
    case
        when pair.kind = 'recode'
            then concat(
                'Did ', pair.feed_a, ' ', pair.fund_a, ' «', coalesce(pair.name_a, ''), '» get the new code ', pair.fund_b, ' «',
                coalesce(pair.name_b, ''), '»?'
            )
        else
            concat(
                'Are ', pair.feed_a, ' ', pair.fund_a, ' «', coalesce(pair.name_a, ''), '» and ', pair.feed_b, ' ', pair.fund_b, ' «',
                coalesce(pair.name_b, ''), '» one fund?'
            )
    end as question_en
from pair
union all by name
select
    place.*,
    concat(
        'ที่ตั้ง «', concat_ws(' / ', place.reported_tambon_code, place.reported_tambon, place.reported_amphoe, place.reported_province),
        '» คือตำบลใด (ที่ใกล้ที่สุด ', coalesce(place.suggestion, '-'), ')'
    ) as question_th,
    concat(
        'Which tambon is «', concat_ws(' / ', place.reported_tambon_code, place.reported_tambon, place.reported_amphoe, place.reported_province),
        '» (nearest: ', coalesce(place.suggestion, '-'), ')?'
    ) as question_en
from place
