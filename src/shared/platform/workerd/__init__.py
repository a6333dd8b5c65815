"""The ports on workerd. Import these modules in `workers/*` only: they need the Workers runtime."""
