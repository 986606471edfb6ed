-- Every decision of a steward and what became of it: one that is refused, or no longer needed, is not simply gone.
with place_use as (
    select decision.decision_line, count(place.place_id) as places
    from {{ ref('stg_place_decision') }} as decision
    left join {{ ref('int_place_reported') }} as place
        on
            decision.reported_tambon_code is not distinct from place.reported_tambon_code
            and decision.reported_tambon is not distinct from place.reported_tambon
            and decision.reported_amphoe is not distinct from place.reported_amphoe
            and decision.reported_province is not distinct from place.reported_province
    group by decision.decision_line
),

place as (
    select
        'place' as kind,
        decision.decision_line,
        cast(null as varchar) as feed_code,
        cast(null as varchar) as fund_code,
        concat_ws(
            ' / ', decision.reported_tambon_code, decision.reported_tambon, decision.reported_amphoe, decision.reported_province
        ) as subject,
        decision.tambon_code as decided,
        case
            when decision.outcome <> 'usable' then decision.outcome
            when place_use.places = 0 then 'no_such_place'
            else 'applied'
        end as outcome,
        decision.reason,
        decision.decided_on
    from {{ ref('stg_place_decision') }} as decision
    inner join place_use on decision.decision_line = place_use.decision_line
),

correction as (
    select
        'correction' as kind,
        decision_line,
        feed_code,
        fund_code,
        concat_ws(' / ', feed_code, fund_code, cast(fiscal_year as varchar), field) as subject,
        value_corrected as decided,
        outcome,
        reason,
        decided_on
    from {{ ref('stg_correction') }}
    -- what the latest delivery says of it
    qualify row_number() over (partition by decision_line order by sequence desc nulls last, sheet desc, row_number desc) = 1
),

link as (
    select
        'link' as kind,
        decision.line as decision_line,
        decision.feed_a as feed_code,
        decision.fund_a as fund_code,
        concat_ws(' / ', decision.feed_a, decision.fund_a, decision.feed_b, decision.fund_b) as subject,
        decision.decision as decided,
        coalesce(resolution.state, 'unknown_fund') as outcome,
        decision.reason,
        decision.decided_on
    from {{ source('raw', 'fund_decision') }} as decision
    left join {{ ref('int_fund_resolution') }} as resolution on decision.line = resolution.line and resolution.part = 'decision'
)

select * from place
union all
select * from correction
union all
select * from link
