select programme_code, label_th, label_en, family
from {{ source('ref', 'programme') }}
