-- One row a measure, or a measure in one programme where the programme means something else by it (programme_code '' = everywhere).
select
    measure_code,
    '' as programme_code,
    kind,
    label_th,
    label_en,
    unit,
    adds_over_funds,
    adds_over_time,
    people_or_memberships,
    definition_th,
    definition_en
from {{ source('ref', 'measure') }}
union all
select
    definition.measure_code,
    definition.programme_code,
    measure.kind,
    measure.label_th,
    measure.label_en,
    measure.unit,
    measure.adds_over_funds,
    measure.adds_over_time,
    measure.people_or_memberships,
    definition.definition_th,
    definition.definition_en
from {{ source('ref', 'measure_definition') }} as definition
inner join {{ source('ref', 'measure') }} as measure on definition.measure_code = measure.measure_code
