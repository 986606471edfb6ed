-- What stewards corrected: the value reported, the value that stands instead, and where it does not, why. Who decided stays with the
-- steward's file.
with latest as (
    select
        correction.*,
        count(*) filter (where correction.outcome = 'applied') over (partition by correction.decision_line) as reports_corrected
    from {{ ref('stg_correction') }} as correction
    qualify row_number() over (
        partition by correction.decision_line
        order by correction.sequence desc nulls last, correction.sheet desc, correction.row_number desc
    ) = 1
)

select
    latest.decision_line,
    latest.feed_code,
    latest.fund_code,
    latest.fiscal_year,
    latest.field,
    latest.value_reported,
    latest.value_corrected,
    latest.value_delivered,
    latest.outcome = 'applied' as is_applied,
    case when latest.outcome <> 'applied' then latest.outcome end as not_applied_reason,
    case latest.outcome
        when 'value_differs' then 'ค่าที่ส่งมาล่าสุดไม่ใช่ค่าที่แก้ ต้นทางอาจแก้แล้ว'
        when 'no_such_report' then 'ไม่พบรายงานของกองทุนและปีนี้'
        when 'unknown_field' then 'ช่องนี้แก้ไม่ได้'
        when 'unreadable_value' then 'ค่าที่ให้ไว้ไม่ใช่จำนวนที่ใช้ได้'
        when 'overruled' then 'มีการตัดสินใจใหม่กว่าในช่องเดียวกัน'
    end as explanation_th,
    case latest.outcome
        when 'value_differs' then 'the latest delivery gives another value than the one corrected; the source may have mended it'
        when 'no_such_report' then 'no report of this fund and year'
        when 'unknown_field' then 'this field cannot be corrected'
        when 'unreadable_value' then 'a value given is no usable number'
        when 'overruled' then 'a later decision on the same cell holds'
    end as explanation_en,
    latest.reports_corrected,
    latest.reason,
    latest.decided_on,
    latest.delivery_id,
    latest.sheet,
    latest.row_number,
    identity.fund_id
from latest
left join {{ ref('int_fund_candidate') }} as candidate on latest.feed_code = candidate.feed_code and latest.fund_code = candidate.fund_code
left join {{ ref('int_fund_identity') }} as identity on candidate.source_fund_key = identity.source_fund_key
