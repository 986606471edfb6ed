{{ config(materialized="table") }}

-- Stewards' corrections beside the latest report they speak of: one row a correction and report, or one with the reason where none is.
-- A correction holds where the value is the one the steward saw; where the agency has mended its file it is not needed.
with correction as (
    select
        line as decision_line,
        feed_code,
        fund_code,
        cast(fiscal_year as smallint) as fiscal_year,
        field,
        case
            when {{ named('field', var('fund_measures')) }} then 'measure'
            when {{ named('field', correctable_texts()) }} then 'text'
        end as field_kind,
        nullif(trim(value_reported), '') as value_reported,
        nullif(trim(value_corrected), '') as value_corrected,
        {{ cell_number('value_reported') }} as number_reported,
        {{ cell_number('value_corrected') }} as number_corrected,
        reason,
        decided_on
    from {{ source('raw', 'correction') }}
),

judged as (
    select
        *,
        case
            when field_kind is null then 'unknown_field'
            when
                field_kind = 'measure'
                and (
                    (value_reported is not null and number_reported is null)
                    or (value_corrected is not null and coalesce(number_corrected, -1) < 0)
                )
                then 'unreadable_value'
        end as mistake
    from correction
),

matched as (
    select
        judged.decision_line,
        report.delivery_id,
        report.sheet,
        report.row_number,
        delivery.sequence,
        {{ named_measure('judged.field', 'report.') }} as number_delivered,
        {{ named_text('judged.field', 'report.') }} as text_delivered
    from judged
    inner join {{ source('raw', 'fund_report') }} as report
        on
            judged.feed_code = report.feed_code
            and judged.fund_code = report.fund_code
            and judged.fiscal_year = report.fiscal_year
    inner join {{ ref('stg_delivery') }} as delivery on report.delivery_id = delivery.delivery_id
    where judged.mistake is null
    -- what an earlier delivery said stays as it was known then
    qualify rank() over (partition by judged.decision_line order by delivery.sequence desc) = 1
),

told as (
    select
        judged.*,
        matched.delivery_id,
        matched.sheet,
        matched.row_number,
        matched.sequence,
        coalesce(cast(matched.number_delivered as varchar), matched.text_delivered) as value_delivered,
        case
            when judged.mistake is not null then judged.mistake
            when matched.delivery_id is null then 'no_such_report'
            when
                judged.field_kind = 'measure'
                and (
                    (matched.number_delivered is not distinct from judged.number_reported)
                    or abs(matched.number_delivered - judged.number_reported) <= 0.000001 * greatest(abs(judged.number_reported), 1)
                )
                then 'fits'
            when judged.field_kind = 'text' and (matched.text_delivered is not distinct from judged.value_reported) then 'fits'
            else 'value_differs'
        end as verdict
    from judged
    left join matched on judged.decision_line = matched.decision_line
),

ranked as (
    select
        *,
        row_number() over (
            partition by delivery_id, sheet, row_number, field, verdict
            order by decided_on desc nulls last, decision_line desc
        ) as turn
    from told
)

select
    decision_line,
    feed_code,
    fund_code,
    fiscal_year,
    field,
    field_kind,
    value_reported,
    value_corrected,
    number_corrected,
    value_delivered,
    delivery_id,
    sheet,
    row_number,
    sequence,
    -- of two corrections of one cell the later decision holds
    case when verdict = 'fits' and turn = 1 then 'applied' when verdict = 'fits' then 'overruled' else verdict end as outcome,
    reason,
    decided_on
from ranked
