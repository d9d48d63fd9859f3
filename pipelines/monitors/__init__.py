"""Monitors: from a condition to one message, and back to quiet. What is watched is config/monitors.yaml; no table is known here
by name.

To read it in order: readings (what is measured), conditions (is it one to know of), states (since when), decide (what is said),
mutes (what is not), tick (one look, one transaction), messages, send.
"""
