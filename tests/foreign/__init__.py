"""What is written for systems that are not here, run against fakes (decision 17)."""
