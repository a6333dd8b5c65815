"""The profiles, one module each. Data only; `shared.compliance.model` serves it."""
