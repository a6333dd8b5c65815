"""Use cases of the API that need I/O: the pure contexts joined with D1, KV, R2 and wallets."""
