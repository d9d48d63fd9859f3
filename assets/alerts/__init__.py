"""Out: what somebody must know now. What is watched is config/monitors.yaml."""
