-- The rungs that need no fuzzy matching. `needs_fuzzy` leaves the rest to int_place_fuzzy.
-- A wrong tambon costs far more than an unresolved one: whatever contradicts itself is a conflict, never a guess.
with place as (
    select * from {{ ref('int_place_reported') }}
),

tambon as (
    select * from {{ ref('stg_tambon') }}
),

tambon_name as (
    select * from {{ ref('int_tambon_name') }}
),

area_name as (
    select * from {{ ref('int_area_name') }}
),

-- 1. What the names of province and amphoe say -------------------------------------------------------------------------
province_hit as (
    select place.place_id, min(area_name.province_code) as province_code
    from place
    inner join area_name on place.province_key = area_name.name_key and area_name.level = 'province'
    group by place.place_id
    having count(distinct area_name.province_code) = 1
),

amphoe_hit as (
    select distinct place.place_id, area_name.area_code as amphoe_code, area_name.is_current, area_name.successor_code
    from place
    inner join area_name on place.amphoe_key = area_name.name_key and area_name.level = 'amphoe'
    left join province_hit on place.place_id = province_hit.place_id
    where
        area_name.province_code = province_hit.province_code
        or (place.province_key is null and not area_name.needs_province)
),

amphoe_summary as (
    select
        place_id,
        list(distinct amphoe_code) as amphoe_codes,
        -- the amphoe of today, where the name says exactly one
        case
            when count(distinct case when is_current then amphoe_code end) = 1 then min(case when is_current then amphoe_code end)
            when
                count(distinct case when is_current then amphoe_code end) = 0 and count(distinct successor_code) = 1
                then min(successor_code)
        end as amphoe_code
    from amphoe_hit
    group by place_id
),

-- 2. What the code says ------------------------------------------------------------------------------------------------
coded as (
    select
        place.place_id,
        tambon.tambon_code,
        tambon.is_current,
        tambon.amphoe_code,
        tambon.province_code,
        tambon.successor_count,
        tambon.successor_basis,
        coalesce(tambon.single_successor_code, tambon.tambon_code) as target_code
    from place
    inner join tambon on place.reported_code6 = tambon.tambon_code
),

-- the codes that are the same land as a code: itself, its successors, and what was merged into it alone
kin as (
    select tambon_code, tambon_code as kin_code, 'own' as relation from tambon
    union
    select tambon_code, successor_code, 'successor' from {{ source('ref', 'tambon_successor') }} where basis in ('notice', 'name')
    union
    select single_successor_code, tambon_code, 'predecessor' from tambon where single_successor_code is not null
),

coded_kin as (
    select coded.place_id, kin.kin_code, kin.relation, tambon.amphoe_code, tambon.province_code
    from coded
    inner join kin on coded.tambon_code = kin.tambon_code
    inner join tambon on kin.kin_code = tambon.tambon_code
),

code_name as (
    select
        coded_kin.place_id,
        max(case when tambon_name.name_key = place.tambon_key then 1 else 0 end) = 1 as is_exact,
        max(case when tambon_name.name_key = place.tambon_key and tambon_name.kind in ('former', 'variant') then 1 else 0 end) = 1
        and max(case when tambon_name.name_key = place.tambon_key and tambon_name.kind in ('official', 'english') then 1 else 0 end) = 0
            as is_alias,
        -- some registers cut names at 16 characters
        max(
            case
                when
                    length(place.reported_tambon) in (15, 16) and length(place.tambon_key) >= 6
                    and length(tambon_name.name_key) > length(place.tambon_key)
                    and starts_with(tambon_name.name_key, place.tambon_key)
                    then 1
                else 0
            end
        ) = 1 as is_cut
    from coded_kin
    inner join place on coded_kin.place_id = place.place_id
    inner join tambon_name on coded_kin.kin_code = tambon_name.tambon_code
    where place.tambon_key is not null
    group by coded_kin.place_id
),

code_area as (
    select
        coded_kin.place_id,
        max(case when coded_kin.province_code = province_hit.province_code then 1 else 0 end) = 1 as fits_province,
        max(case when list_contains(amphoe_summary.amphoe_codes, coded_kin.amphoe_code) then 1 else 0 end) = 1 as fits_amphoe
    from coded_kin
    left join province_hit on coded_kin.place_id = province_hit.place_id
    left join amphoe_summary on coded_kin.place_id = amphoe_summary.place_id
    group by coded_kin.place_id
),

-- 3. What the tambon name says within the amphoe, the province, or the amphoe of the code ----------------------------------
name_hit as (
    select place.place_id, tambon_name.tambon_code, tambon_name.is_current, tambon_name.target_code, tambon_name.label_th, 1 as scope
    from place
    inner join amphoe_hit on place.place_id = amphoe_hit.place_id
    inner join tambon_name on amphoe_hit.amphoe_code = tambon_name.amphoe_code and place.tambon_key = tambon_name.name_key
    union
    select place.place_id, tambon_name.tambon_code, tambon_name.is_current, tambon_name.target_code, tambon_name.label_th, 2 as scope
    from place
    inner join province_hit on place.place_id = province_hit.place_id
    inner join tambon_name
        on province_hit.province_code = tambon_name.province_code and place.tambon_key = tambon_name.name_key
    where place.amphoe_key is null
    union
    select place.place_id, tambon_name.tambon_code, tambon_name.is_current, tambon_name.target_code, tambon_name.label_th, 3 as scope
    from place
    inner join coded on place.place_id = coded.place_id
    inner join tambon_name on coded.amphoe_code = tambon_name.amphoe_code and place.tambon_key = tambon_name.name_key
    left join amphoe_summary on place.place_id = amphoe_summary.place_id
    where amphoe_summary.place_id is null
),

name_summary as (
    select
        name_hit.place_id,
        count(distinct name_hit.tambon_code) as hit_count,
        count(distinct coded_kin.kin_code) as kin_hit_count,
        count(distinct case when name_hit.is_current then name_hit.tambon_code end) as current_count,
        count(distinct name_hit.target_code) as target_count,
        min(case when name_hit.is_current then name_hit.tambon_code end) as current_code,
        min(name_hit.target_code) as any_target_code
    from name_hit
    left join coded_kin on name_hit.place_id = coded_kin.place_id and name_hit.tambon_code = coded_kin.kin_code
    group by name_hit.place_id
),

steward as (
    select place.place_id, decision.tambon_code, decision.reason
    from place
    inner join {{ ref('stg_place_decision') }} as decision
        on
            place.reported_tambon_code is not distinct from decision.reported_tambon_code
            and place.reported_tambon is not distinct from decision.reported_tambon
            and place.reported_amphoe is not distinct from decision.reported_amphoe
            and place.reported_province is not distinct from decision.reported_province
    where decision.outcome = 'usable'
),

-- 4. One row a place, and the rung it stands on -----------------------------------------------------------------------
facts as (
    select
        place.*,
        steward.tambon_code as steward_code,
        steward.reason as steward_reason,
        province_hit.province_code as named_province_code,
        amphoe_summary.amphoe_codes as named_amphoe_codes,
        amphoe_summary.amphoe_code as named_amphoe_code,
        coded.tambon_code as known_code,
        coded.target_code,
        coded.is_current as code_is_current,
        coded.successor_count,
        coded.successor_basis,
        coalesce(code_name.is_exact, false) as name_is_exact,
        coalesce(code_name.is_alias, false) as name_is_alias,
        coalesce(code_name.is_cut, false) as name_is_cut,
        coalesce(name_summary.hit_count, 0) as hit_count,
        coalesce(name_summary.kin_hit_count, 0) as kin_hit_count,
        coalesce(name_summary.current_count, 0) as current_count,
        coalesce(name_summary.target_count, 0) as target_count,
        name_summary.current_code,
        name_summary.any_target_code,
        case
            when coded.is_current then 'code'
            when coded.successor_count = 0 then 'code_abolished_open'
            when coded.successor_count > 1 then 'code_split'
            when coded.successor_basis = 'notice' then 'code_abolished_notice'
            when coded.successor_basis is not null then 'code_abolished_name'
        end as code_method,
        province_hit.province_code is not null and not coalesce(code_area.fits_province, false) as province_differs,
        amphoe_summary.place_id is not null and not coalesce(code_area.fits_amphoe, false) as amphoe_differs
    from place
    left join steward on place.place_id = steward.place_id
    left join province_hit on place.place_id = province_hit.place_id
    left join amphoe_summary on place.place_id = amphoe_summary.place_id
    left join coded on place.place_id = coded.place_id
    left join code_name on place.place_id = code_name.place_id
    left join code_area on place.place_id = code_area.place_id
    left join name_summary on place.place_id = name_summary.place_id
),

verdict as (
    select
        *,
        case
            when steward_code is not null then 'override'
            when known_code is not null and tambon_key is null and (province_differs or amphoe_differs) then 'conflict'
            when known_code is not null and tambon_key is null then 'by_code_only'
            -- the names fit a tambon, and it is not the code's
            when known_code is not null and hit_count > 0 and kin_hit_count = 0 then 'conflict'
            when known_code is not null and province_differs and kin_hit_count = 0 then 'conflict'
            when known_code is not null and (name_is_exact or name_is_cut) then 'by_code'
            when known_code is not null then 'left_over'
            when tambon_key is null then 'unresolved'
            when amphoe_key is not null and current_count = 1 then 'name_exact'
            when amphoe_key is null and current_count = 1 and target_count = 1 then 'name_in_province'
            when current_count = 0 and hit_count > 0 and target_count = 1 then 'name_abolished'
            else 'left_over'
        end as rung
    from facts
),

-- candidates are listed for conflicts only: what int_place_fuzzy takes over lists its own
conflict_candidate as (
    select place_id, code, label, why, score
    from (
        select verdict.place_id, tambon.tambon_code as code, tambon.label_th as label, 'code' as why, cast(null as double) as score
        from verdict
        inner join tambon on verdict.target_code = tambon.tambon_code
        where verdict.rung = 'conflict'
        union
        select verdict.place_id, name_hit.tambon_code, name_hit.label_th, 'name', 100.0
        from verdict
        inner join name_hit on verdict.place_id = name_hit.place_id
        where verdict.rung = 'conflict'
    ) as candidate
    qualify row_number() over (partition by place_id order by why, code) <= 5
),

conflict_list as (
    select
        place_id,
        cast(
            to_json(list({'code': code, 'name': label, 'score': score, 'why': why} order by why, code)) as varchar
        ) as candidates
    from conflict_candidate
    group by place_id
)

select
    verdict.place_id,
    verdict.reported_tambon_code,
    verdict.reported_code6,
    verdict.reported_tambon,
    verdict.reported_amphoe,
    verdict.reported_province,
    verdict.tambon_key,
    verdict.amphoe_key,
    verdict.province_key,
    verdict.known_code,
    verdict.target_code,
    verdict.code_method,
    verdict.amphoe_differs,
    verdict.named_province_code,
    verdict.named_amphoe_codes,
    verdict.named_amphoe_code,
    verdict.rung = 'left_over' as needs_fuzzy,
    case verdict.rung
        when 'override' then verdict.steward_code
        when 'by_code' then verdict.target_code
        when 'by_code_only' then verdict.target_code
        when 'name_exact' then verdict.current_code
        when 'name_in_province' then verdict.current_code
        when 'name_abolished' then verdict.any_target_code
    end as tambon_code,
    case
        when verdict.rung = 'by_code_only' and verdict.code_is_current then 'code_only'
        when verdict.rung in ('by_code', 'by_code_only') then verdict.code_method
        when verdict.rung = 'left_over' then null
        else verdict.rung
    end as method,
    cast(case
        when verdict.rung = 'override' then 1.0
        when verdict.rung in ('by_code', 'by_code_only')
            then
                case
                    when verdict.code_is_current then 1.0
                    when verdict.successor_count = 0 then 0.7
                    when verdict.successor_count > 1 then 0.9
                    when verdict.successor_basis = 'notice' then 0.95
                    else 0.85
                end
                -- a code without any name cannot be checked; an alias, a cut name or an old amphoe is a little weaker
                - case when verdict.rung = 'by_code_only' then 0.2 else 0.0 end
                - case when verdict.name_is_alias then 0.02 else 0.0 end
                - case when verdict.name_is_cut and not verdict.name_is_exact then 0.05 else 0.0 end
                - case when verdict.amphoe_differs then 0.1 else 0.0 end
        when verdict.rung = 'name_exact' and verdict.named_province_code is not null then 0.95
        when verdict.rung = 'name_exact' then 0.85
        when verdict.rung = 'name_in_province' then 0.8
        when verdict.rung = 'name_abolished' then 0.8
        when verdict.rung in ('conflict', 'unresolved') then 0.0
    end as double) as confidence,
    conflict_list.candidates,
    case
        when verdict.rung = 'override' then verdict.steward_reason
        when verdict.rung = 'conflict' and verdict.hit_count > 0 then 'code and names fit different tambons'
        when verdict.rung = 'conflict' and verdict.province_differs then 'code lies in another province than reported'
        when verdict.rung = 'conflict' then 'code lies in another amphoe than reported'
        when verdict.rung = 'unresolved' and verdict.reported_code6 is not null then 'code is not known and there is no tambon name'
        when verdict.rung = 'unresolved' then 'no usable code and no tambon name'
        when verdict.rung = 'by_code' and verdict.amphoe_differs then 'tambon name fits the code, the amphoe does not'
        when verdict.reported_code6 is not null and verdict.known_code is null then 'code is not known; placed by name'
    end as reason
from verdict
left join conflict_list on verdict.place_id = conflict_list.place_id
