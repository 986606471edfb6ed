"""What must be true of deliveries and of the warehouse, how severe a breach is, and who says so."""
