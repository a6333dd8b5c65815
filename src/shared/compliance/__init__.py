"""Compliance: jurisdiction profiles as data, identity checks, screening against lists."""
