-- Where several agencies report one fund, programme and year: what each of them says.
select
    * exclude (sequence, is_owner, programme_preference, place_rank, preference_rank, report_count),
    preference_rank = 1 as is_preferred_source
from {{ ref('int_fund_year_shared') }}
where report_count > 1
