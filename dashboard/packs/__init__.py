"""Forum packs: what a region's meeting looks at, once as a page and once as a PDF, from the same blocks."""
