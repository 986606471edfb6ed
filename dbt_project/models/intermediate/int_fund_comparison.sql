{{ config(materialized="view") }}

-- The preferred value of a fund, year and measure beside that of each other feed.
select
    preferred.fund_id,
    preferred.fiscal_year,
    preferred.measure_code,
    other.feed_code as other_feed_code,
    preferred.programme_code,
    preferred.value as preferred_value,
    preferred.agency_code as preferred_agency_code,
    preferred.feed_code as preferred_feed_code,
    preferred.delivery_id as preferred_delivery_id,
    preferred.sheet as preferred_sheet,
    preferred.row_number as preferred_row_number,
    preferred.is_counted_in_all,
    other.programme_code as other_programme_code,
    other.value as other_value,
    other.agency_code as other_agency_code,
    other.delivery_id as other_delivery_id,
    other.sheet as other_sheet,
    other.row_number as other_row_number,
    other.turn as other_turn,
    other.value - preferred.value as gap,
    {{ values_differ('preferred.value', 'other.value') }} as differs,
    case
        when preferred.is_owner and not other.is_owner then 'owner_agency'
        when preferred.programme_code <> other.programme_code then 'programme_order'
        else 'latest_delivery'
    end as rule
from {{ ref('int_fund_value') }} as preferred
inner join {{ ref('int_fund_value') }} as other
    on
        preferred.fund_id = other.fund_id
        and preferred.fiscal_year = other.fiscal_year
        and preferred.measure_code = other.measure_code
        and other.turn > 1
where preferred.turn = 1
