-- One row a source fund, as ingest.identity compares them: spellings of one fund without a code come together here.
with source_fund as (
    select
        source_fund_key,
        min(feed_code) as feed_code,
        min(agency_code) as agency_code,
        min(fund_code) as fund_code,
        min(first_fiscal_year) as first_fiscal_year,
        max(last_fiscal_year) as last_fiscal_year,
        min(first_programme_code) <> max(last_programme_code) as has_many_programmes,
        {{ last_given(identity_columns() + ['place_id'], 'last_seen') }}
    from {{ ref('int_fund_source') }}
    group by source_fund_key
)

select
    source_fund.source_fund_key,
    source_fund.feed_code,
    source_fund.agency_code,
    source_fund.programme_code,
    programme.family,
    source_fund.fund_code,
    source_fund.fund_name,
    place.tambon_unit_id,
    place.tambon_code,
    place.amphoe_code,
    place.province_code,
    source_fund.moo,
    source_fund.founded_on,
    source_fund.juristic_number,
    source_fund.registration_number,
    source_fund.members_persons,
    source_fund.savings_thb,
    source_fund.first_fiscal_year,
    source_fund.last_fiscal_year,
    source_fund.has_many_programmes
from source_fund
inner join {{ ref('int_place_resolved') }} as place on source_fund.place_id = place.place_id
left join {{ source('ref', 'programme') }} as programme on source_fund.programme_code = programme.programme_code
