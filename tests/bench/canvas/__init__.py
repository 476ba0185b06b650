"""The canvas measured against other designs and physical floors, interleaved in one run."""
