"""Out: numbers -> PDF -> Slack. What is reported is config/reports.yaml; the pages are templates/."""
