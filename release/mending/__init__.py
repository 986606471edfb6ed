"""Mending lists: for an agency, or one delivery, a workbook of the rows to mend, which comes back as a corrected delivery."""

from release.mending.lists import (
    LIST_FOLDER,
    MendingError,
    list_of_agency,
    list_of_file,
    write_agency_lists,
)

__all__ = ["LIST_FOLDER", "MendingError", "list_of_agency", "list_of_file", "write_agency_lists"]
