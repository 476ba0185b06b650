"""S4GUI."""
