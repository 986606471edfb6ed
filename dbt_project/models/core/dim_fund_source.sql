-- One row a fund as one agency's feed names it, and the fund that it is.
select
    candidate.source_fund_key,
    identity.fund_id,
    candidate.agency_code,
    candidate.feed_code,
    candidate.programme_code,
    candidate.fund_code,
    candidate.fund_name,
    candidate.tambon_code,
    candidate.first_fiscal_year,
    candidate.last_fiscal_year,
    identity.link_method,
    identity.link_probability,
    identity.since_build_id
from {{ ref('int_fund_candidate') }} as candidate
inner join {{ ref('int_fund_identity') }} as identity on candidate.source_fund_key = identity.source_fund_key
