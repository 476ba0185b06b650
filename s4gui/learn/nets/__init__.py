"""Networks, one per file, shapes in comments."""
