select agency_code, name_th, name_en, short_th, short_en
from {{ source('ref', 'agency') }}
