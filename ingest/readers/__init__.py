"""Reading files into sheets of text cells, and finding the header in them. Nothing here knows what a
value means."""
