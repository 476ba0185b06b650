"""The nouns of the program and their arithmetic; numpy and the standard library only."""
