-- Learning centres and pilots as last delivered. A site without a code is its name and where it lies.
with report as (
    select
        site.*,
        delivery.sequence,
        place.place_id,
        place.tambon_code,
        place.tambon_unit_id,
        place.amphoe_code,
        place.province_code,
        place.method as resolution_method,
        substr(
            case
                when site.site_code is not null then {{ hash_of(['site.feed_code', 'site.site_code']) }}
                else {{ hash_of([
                    'site.feed_code', 'site.site_name', 'coalesce(place.tambon_unit_id, place.place_id)', 'cast(site.moo as varchar)',
                ]) }}
            end,
            1, 16
        ) as site_key
    from {{ ref('stg_site') }} as site
    inner join {{ ref('stg_delivery') }} as delivery on site.delivery_id = delivery.delivery_id
    inner join {{ ref('int_place_resolved') }} as place on {{ same_place('site', 'place') }}
),

ranked as (
    select
        *,
        min(fiscal_year) over (partition by site_key) as first_fiscal_year,
        row_number() over (
            partition by site_key
            order by fiscal_year desc nulls last, sequence desc, sheet desc, row_number desc
        ) as turn
    from report
)

select
    concat('S', site_key) as site_id,
    agency_code,
    feed_code,
    site_code,
    site_name,
    site_type,
    site_status,
    host_name,
    topic,
    opened_on,
    place_id,
    tambon_code,
    tambon_unit_id,
    amphoe_code,
    province_code,
    resolution_method,
    moo,
    latitude,
    longitude,
    learners_persons,
    first_fiscal_year,
    fiscal_year as last_fiscal_year,
    delivery_id,
    sheet,
    row_number
from ranked
where turn = 1
