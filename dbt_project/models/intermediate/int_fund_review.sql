-- Pairs of source funds that wait for a person, surest first.
select
    left_key,
    right_key,
    reason,
    probability,
    feed_a,
    fund_a,
    name_a,
    feed_b,
    fund_b,
    name_b,
    tambon_code,
    evidence_json
from {{ ref('int_fund_resolution') }}
where part = 'review'
