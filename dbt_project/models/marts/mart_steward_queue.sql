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
        evidence_json as evidence,
        concat(feed_a, ' ', fund_a, ' «', coalesce(name_a, ''), '»') as one,
        concat(feed_b, ' ', fund_b, ' «', coalesce(name_b, ''), '»') as other,
        concat(fund_b, ' «', coalesce(name_b, ''), '»') as new_entry
    from {{ ref('int_fund_review') }}
),

reported as (
    select place_id, count(*) as records
    from {{ ref('fct_fund_agency_year') }}
    where tambon_code is null
    group by place_id
),

candidate as (
    select
        *,
        json_array_length(candidates) as candidate_count,
        try_cast(json_extract_string(candidates, '$[0].score') as double) as best_score,
        try_cast(json_extract_string(candidates, '$[1].score') as double) as next_score,
        json_extract_string(candidates, '$[0].code') as best_code
    from {{ ref('dim_place') }}
    where tambon_code is null and candidates is not null
),

place as (
    select
        concat('P', substr(md5(concat('place|', candidate.place_id)), 1, 10)) as item_id,
        'place' as kind,
        candidate.method as reason,
        -- of several candidates none is sure, and a name without amphoe and province says little even where only one tambon has it
        coalesce(candidate.best_score, 0) / 100 / greatest(candidate.candidate_count, 1)
        * case when candidate.reported_amphoe is null and candidate.reported_province is null then 0.5 else 1 end as confidence,
        coalesce(reported.records, 1) as records,
        candidate.reported_tambon_code,
        candidate.reported_tambon,
        candidate.reported_amphoe,
        candidate.reported_province,
        tambon.tambon_code as suggestion,
        candidate.candidates as evidence,
        concat_ws(
            ' / ', candidate.reported_tambon_code, candidate.reported_tambon, candidate.reported_amphoe, candidate.reported_province
        ) as reported
    from candidate
    left join reported on candidate.place_id = reported.place_id
    -- suggested is only what stands out; a code and names that contradict each other, or candidates as good, are for a person to tell
    left join {{ ref('stg_tambon') }} as tambon
        on
            candidate.best_code = tambon.tambon_code
            and tambon.is_current
            and candidate.method <> 'conflict'
            and (candidate.candidate_count = 1 or candidate.best_score > candidate.next_score)
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
        when pair.kind = 'recode' then concat(pair.one, ' เปลี่ยนรหัสเป็น ', pair.new_entry, ' ใช่หรือไม่')
        else concat(pair.one, ' กับ ', pair.other, ' เป็นกองทุนเดียวกันหรือไม่')
    end as question_th,
    case
        when pair.kind = 'recode' then concat('Did ', pair.one, ' get the new code ', pair.new_entry, '?')
        else concat('Are ', pair.one, ' and ', pair.other, ' one fund?')
    end as question_en
from pair
union all
select
    place.item_id,
    place.kind,
    place.reason,
    place.confidence,
    place.records,
    cast(null as varchar) as feed_a,
    cast(null as varchar) as fund_a,
    cast(null as varchar) as name_a,
    cast(null as varchar) as feed_b,
    cast(null as varchar) as fund_b,
    cast(null as varchar) as name_b,
    place.reported_tambon_code,
    place.reported_tambon,
    place.reported_amphoe,
    place.reported_province,
    place.suggestion,
    place.evidence,
    concat(
        'ที่ตั้ง «', place.reported, '» คือตำบลใด',
        case when place.suggestion is not null then concat(' (ที่ใกล้ที่สุด ', place.suggestion, ')') else '' end
    ) as question_th,
    concat(
        'Which tambon is «', place.reported, '»',
        case when place.suggestion is not null then concat(' (nearest: ', place.suggestion, ')') else '' end, '?'
    ) as question_en
from place
