"""What every dashboard must be, a module a subject. Each rule is proved to be able to fail: test_rules.py."""
