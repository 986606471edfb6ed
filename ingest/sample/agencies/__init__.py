"""Each feed's file of one year: which columns it has, how they are worded and typed, and how the sheet is laid out.

One module an agency. `age` counts years back from the newest file; wording, encoding and layout go by it, so that
every format of a feed shows within three years. All header wordings are the contracts' own.
"""

from __future__ import annotations

from ingest.sample import funds
from ingest.sample.agencies import (
    cdd_funds,
    codi_register,
    cult,
    doae,
    fpo,
    msdhs,
    nesdc_poverty,
    nfe,
    nvf_institutions,
    satja,
)
from ingest.sample.agencies.cdd import cdd_draft, cdd_format, cdd_write
from ingest.sample.agencies.codi import codi_draft, codi_format, codi_write
from ingest.sample.agencies.common import Agency, Format, Written
from ingest.sample.agencies.nesdc import nesdc_draft, nesdc_format, nesdc_write
from ingest.sample.agencies.nvf import nvf_draft, nvf_format, nvf_write

AGENCIES: dict[str, Agency] = {
    "nvf/village_funds": Agency(nvf_draft, nvf_format, funds.village_values, lambda r: r.village, nvf_write),
    "cdd/savings_groups": Agency(cdd_draft, cdd_format, funds.savings_values, lambda r: r.savings, cdd_write),
    "codi/welfare_funds": Agency(
        codi_draft, codi_format, funds.welfare_values, lambda r: r.welfare, codi_write
    ),
    "nesdc/population": Agency(nesdc_draft, nesdc_format, funds.population_values, None, nesdc_write),
    **nvf_institutions.FEEDS,
    **cdd_funds.FEEDS,
    **codi_register.FEEDS,
    **satja.FEEDS,
    **cult.FEEDS,
    **fpo.FEEDS,
    **doae.FEEDS,
    **nesdc_poverty.FEEDS,
    **msdhs.FEEDS,
    **nfe.FEEDS,
}

__all__ = ["AGENCIES", "Agency", "Format", "Written"]
