"""Mending lists sent back: an officer's workbook becomes corrected deliveries of the rows that were mended."""
