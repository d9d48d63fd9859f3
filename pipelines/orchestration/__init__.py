"""What Dagster is told of tables: specs, steps, figures, jobs and schedules."""
