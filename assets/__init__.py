"""The edges (files in, reports and dashboards out) and the few tables that need a loop.

Assets in Dagster's sense; static files live nowhere here.
"""
