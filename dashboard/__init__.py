"""The planners' pages that a release carries, and the server that shows them."""
