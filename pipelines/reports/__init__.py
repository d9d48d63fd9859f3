"""Reports: the numbers of a date, drawn and sent. What is told is config/reports.yaml; no report is known here by name."""
