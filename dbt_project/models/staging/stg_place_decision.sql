{{ config(materialized="table") }}

-- Stewards' decisions on places, and which of them may be used: the tambon has to be a current one; of two for one place the later holds.
with decision as (
    select
        line as decision_line,
        nullif(trim(reported_tambon_code), '') as reported_tambon_code,
        nullif(trim(reported_tambon), '') as reported_tambon,
        nullif(trim(reported_amphoe), '') as reported_amphoe,
        nullif(trim(reported_province), '') as reported_province,
        trim(tambon_code) as tambon_code,
        reason,
        decided_on
    from {{ source('raw', 'place_decision') }}
),

judged as (
    select
        decision.*,
        case
            when tambon.tambon_code is null then 'unknown_code'
            when not tambon.is_current then 'abolished_code'
        end as mistake
    from decision
    left join {{ source('ref', 'tambon') }} as tambon on decision.tambon_code = tambon.tambon_code
)

select
    * exclude (mistake),
    coalesce(
        mistake,
        case
            when
                row_number() over (
                    partition by reported_tambon_code, reported_tambon, reported_amphoe, reported_province, mistake
                    order by decided_on desc nulls last, decision_line desc
                ) = 1
                then 'usable'
        end,
        'overruled'
    ) as outcome
from judged
