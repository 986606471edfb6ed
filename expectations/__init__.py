"""What must be true of deliveries and of the warehouse, how severe a breach is, and the runner that says so."""
