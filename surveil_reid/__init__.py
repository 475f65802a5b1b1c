"""Find a person in recorded footage from many cameras, and measure person re-identification."""
