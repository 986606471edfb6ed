{{ config(materialized="table") }}

-- The few reports that a steward corrected, whole, with the corrected values.
with corrected as (
    select
        delivery_id,
        sheet,
        row_number,
        {{ corrections_abreast() }}
    from {{ ref('stg_correction') }}
    where outcome = 'applied'
    group by delivery_id, sheet, row_number
)

select report.* replace ({{ corrected_values('corrected', 'report') }})
from corrected
inner join {{ source('raw', 'fund_report') }} as report
    on
        corrected.delivery_id = report.delivery_id
        and corrected.sheet = report.sheet
        and corrected.row_number = report.row_number
