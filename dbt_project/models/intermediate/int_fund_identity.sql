-- Which fund each agency's own fund is: linking is done in ingest.identity, and nowhere but here does a source fund get its fund_id.
with identity as (
    select
        candidate.source_fund_key,
        candidate.has_many_programmes,
        coalesce(resolved.fund_id, concat('F', candidate.source_fund_key)) as fund_id,
        coalesce(resolved.method, 'own') as link_method,
        resolved.probability as link_probability,
        coalesce(resolved.since_build_id, build.build_id) as since_build_id
    from {{ ref('int_fund_candidate') }} as candidate
    cross join {{ source('raw', 'build') }} as build
    left join {{ ref('int_fund_resolution') }} as resolved
        on candidate.source_fund_key = resolved.source_fund_key and resolved.part = 'identity'
)

select
    source_fund_key,
    fund_id,
    link_method,
    link_probability,
    since_build_id,
    -- in several lists or programmes: only these need to be put together; all others are what their one agency says
    count(*) over (partition by fund_id) > 1
    or max(case when has_many_programmes then 1 else 0 end) over (partition by fund_id) = 1 as is_shared
from identity
