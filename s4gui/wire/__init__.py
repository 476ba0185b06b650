"""What crosses process borders, typed."""
