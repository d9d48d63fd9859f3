"""Dashboards and alert rules for Grafana as typed Python: their parts, and the files they become. Knows no table by name."""
