-- Leases that take one of the few slots for investigations at once: how many there were when the lease was taken.
ALTER TABLE leases ADD COLUMN slots INTEGER;
