"""The planners' pages that a release carries, and the server that shows them.

`dashboard.site` writes the pages; `dashboard.pages` holds one module a kind of page, `templates/` how each looks,
`words.yml` every word of the pages in Thai and English. `dashboard.serve` shows them.
"""
