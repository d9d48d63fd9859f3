"""Side-by-side measurements; never asserted in tests. What is measured, how, and the figures: bench/README.md."""
