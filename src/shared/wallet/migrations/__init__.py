"""The migrations of a wallet, one module for each version; never edited after a release."""
