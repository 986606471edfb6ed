-- The admitted deliveries, and the release in which each was first published: this one, where it is new.
select
    delivery.delivery_id,
    delivery.agency_code,
    delivery.feed_code,
    delivery.record_kind,
    delivery.sequence,
    delivery.is_synthetic,
    coalesce(released.first_release_id, build.build_id) as first_release_id
from {{ ref('stg_delivery') }} as delivery
cross join {{ source('raw', 'build') }} as build
left join {{ source('raw', 'delivery_release') }} as released on delivery.delivery_id = released.delivery_id
