select programme_code, label_th, label_en, family, owner_agency, preference
from {{ source('ref', 'programme') }}
